/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.lens;

import dev.kindred.corpus.Tokenizer;
import dev.kindred.lens.Lens.Guess;
import dev.kindred.lens.Lens.Layer;
import dev.kindred.math.Softmax;
import dev.kindred.math.TopTokens;
import dev.kindred.model.HookPoint;
import dev.kindred.model.ModelShape;
import dev.kindred.model.ResidualStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The logit lens: the residual stream is read at every block and position as if it were that after
 * the last block, through the final norm and the unembedding.
 *
 * <p>Described in <a
 * href="https://www.lesswrong.com/posts/AcKRB8wDpdaN6v6ru/interpreting-gpt-the-logit-lens">nostalgebraist,
 * Interpreting GPT: the logit lens (2020)</a>.
 */
public final class LogitLens {
  private LogitLens() {}

  /** Where the stream is read, beside before the first block. */
  public enum Layers {
    /** After each block. */
    BLOCKS,
    /** After each block's attention, too. */
    PARTS
  }

  /**
   * Reads the stream of a prompt.
   *
   * @param text of the prompt, to be shown
   * @param tokenIds what the model reads, 1 to {@code n_ctx} tokens
   * @param atEnd how many tokens of each layer are wanted at the prompt's end, at least 1
   */
  public static Lens of(
      ResidualStream model,
      Tokenizer tokenizer,
      String text,
      int[] tokenIds,
      Layers layers,
      int atEnd) {
    List<Layer> found = new ArrayList<>();
    try (ResidualStream.Pass pass = model.run(new int[][] {tokenIds})) {
      Reader reader = new Reader(model, pass, tokenizer, atEnd);
      found.add(reader.layer(0, HookPoint.RESID_PRE));
      for (int block = 0; block < model.shape().blocks(); block++) {
        if (layers == Layers.PARTS) {
          found.add(reader.layer(block, HookPoint.RESID_MID));
        }

        found.add(reader.layer(block, HookPoint.RESID_POST));
      }
    }

    List<String> tokens = Arrays.stream(tokenIds).mapToObj(tokenizer::text).toList();
    return new Lens(text, tokens, found);
  }

  private record Reader(
      ResidualStream model, ResidualStream.Pass pass, Tokenizer tokenizer, int atEnd) {

    private Layer layer(int block, HookPoint hook) {
      ModelShape shape = model.shape();
      float[] logits = model.logitsAlone(shape.blocks(), pass.all(block, hook));
      int positions = logits.length / shape.vocabularySize();
      List<Guess> best = new ArrayList<>(positions);
      for (int position = 0; position < positions; position++) {
        best.addAll(guesses(Softmax.row(logits, position, shape.vocabularySize()), 1));
      }

      double[] end = Softmax.row(logits, positions - 1, shape.vocabularySize());
      return new Layer(block, hook, best, guesses(end, atEnd));
    }

    private List<Guess> guesses(double[] probabilities, int count) {
      int[] ids = new int[probabilities.length];
      Arrays.setAll(ids, id -> id);
      return Arrays.stream(TopTokens.places(ids, probabilities, count))
          .mapToObj(id -> new Guess(id, tokenizer.text(id), probabilities[id]))
          .toList();
    }
  }
}
