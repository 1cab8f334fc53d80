/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.ablation;

import dev.kindred.math.Cosine;
import dev.kindred.math.Hellinger;
import dev.kindred.math.Softmax;
import dev.kindred.math.Vectors;
import dev.kindred.model.HookPoint;
import dev.kindred.model.ResidualStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * What a block adds to the residual stream at a prompt's last position, and what becomes of the
 * prediction without it (the study's notebook 70).
 *
 * @param prompt place in the batch, from 0
 * @param block transformer block, from 0
 * @param vectors norms and cosines of what the block reads and writes
 * @param effects of removing each part, in each context
 */
record BlockAblation(int prompt, int block, BlockVectors vectors, List<Effect> effects) {

  /**
   * Norms and cosines of the vectors at the last position: what comes into the block, what
   * attention adds, what the feed-forward network adds, and what goes out.
   */
  record BlockVectors(
      double normIn,
      double normAttention,
      double normFfn,
      double normOut,
      double cosineInAttention,
      double cosineAttentionFfn,
      double cosineFfnOut) {

    private static BlockVectors of(float[] in, float[] attention, float[] ffn, float[] out) {
      return new BlockVectors(
          Vectors.norm(in),
          Vectors.norm(attention),
          Vectors.norm(ffn),
          Vectors.norm(out),
          Cosine.similarity(in, attention),
          Cosine.similarity(attention, ffn),
          Cosine.similarity(ffn, out));
    }
  }

  /** What is taken out of a block's output. */
  enum Part {
    ATTENTION,
    FFN;

    String text() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** What the later blocks see. */
  enum Context {
    /** The last position's vector by itself, a sequence of one, as the study passed it on. */
    ALONE,
    /**
     * All positions; without attention, the block's feed-forward network reads what then comes to
     * it.
     */
    WHOLE;

    String text() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /**
   * What a removal does to the prediction.
   *
   * @param hellinger distance to the prediction of the unchanged vector in the same context, in [0,
   *     1]
   * @param logitNorm norm of the unchanged vector's logits
   * @param logitChange norm of the difference of the logits
   */
  record Effect(
      Part removed, Context context, double hellinger, double logitNorm, double logitChange) {}

  /**
   * Takes each part of each block away, one at a time.
   *
   * @param prompts B x T token ids
   * @return B rows for block 0, then B for block 1, and so on
   */
  static List<BlockAblation> of(ResidualStream model, int[][] prompts) {
    List<BlockAblation> ablations = new ArrayList<>();
    int d = model.shape().modelDimension();
    try (ResidualStream.Pass pass = model.run(prompts)) {
      float[] prediction = pass.logits();
      for (int block = 0; block < model.shape().blocks(); block++) {
        float[] in = pass.last(block, HookPoint.RESID_PRE);
        float[] attention = pass.last(block, HookPoint.ATTN_OUT);
        float[] ffn = pass.last(block, HookPoint.MLP_OUT);
        float[] out = pass.last(block, HookPoint.RESID_POST);
        int next = block + 1;
        float[] withoutFfn = Vectors.difference(out, ffn);
        float[] alone = model.logitsAlone(next, out);
        List<Passed> passed =
            List.of(
                new Passed(
                    Part.ATTENTION,
                    Context.ALONE,
                    alone,
                    model.logitsAlone(next, Vectors.difference(out, attention))),
                new Passed(Part.FFN, Context.ALONE, alone, model.logitsAlone(next, withoutFfn)),
                new Passed(
                    Part.ATTENTION,
                    Context.WHOLE,
                    prediction,
                    pass.logits(next, Vectors.sum(in, model.feedForward(block, in)))),
                new Passed(Part.FFN, Context.WHOLE, prediction, pass.logits(next, withoutFfn)));
        for (int prompt = 0; prompt < prompts.length; prompt++) {
          int row = prompt;
          ablations.add(
              new BlockAblation(
                  prompt,
                  block,
                  BlockVectors.of(
                      Vectors.row(in, row, d),
                      Vectors.row(attention, row, d),
                      Vectors.row(ffn, row, d),
                      Vectors.row(out, row, d)),
                  passed.stream()
                      .map(one -> one.effect(row, model.shape().vocabularySize()))
                      .toList()));
        }
      }
    }

    return ablations;
  }

  /**
   * Logits before and after a removal.
   *
   * @param unchanged B x V
   * @param changed B x V
   */
  private record Passed(Part removed, Context context, float[] unchanged, float[] changed) {
    private Effect effect(int prompt, int vocabularySize) {
      float[] before = Vectors.row(unchanged, prompt, vocabularySize);
      float[] after = Vectors.row(changed, prompt, vocabularySize);
      return new Effect(
          removed,
          context,
          Hellinger.distance(
              Softmax.row(unchanged, prompt, vocabularySize),
              Softmax.row(changed, prompt, vocabularySize)),
          Vectors.norm(before),
          Vectors.norm(Vectors.difference(after, before)));
    }
  }
}
