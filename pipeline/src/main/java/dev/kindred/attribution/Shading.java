/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.attribution;

import dev.kindred.math.Cosine;
import dev.kindred.model.BlockVector;
import dev.kindred.model.Changes;
import dev.kindred.model.Hook;
import dev.kindred.model.HookPoint;
import dev.kindred.model.Input;
import dev.kindred.model.ResidualStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Which tokens of a prompt the prediction at its end and the blocks' vectors there hang on, by
 * taking each token away. Of similar strings a vector is all that counts, so what moves it is what
 * a block's evidence hangs on; no search is needed.
 *
 * @param prediction {@link Occlusion#drop} of the log-probability of the predicted token, T
 * @param blocks in the order that was asked for
 */
public record Shading(double[] prediction, List<OfBlock> blocks) {
  private static final Hook EMBED = Hook.of(HookPoint.EMBED);

  /** Tokens, and logits, of one pass at most: what bounds its memory. */
  private static final int NODES = 4096;

  private static final int NUMBERS = 1 << 23;

  /**
   * What a block's vector hangs on.
   *
   * @param values 1 less the mean cosine of the vector and those without each token, in [0, 2], T
   */
  public record OfBlock(int block, double[] values) {}

  /** What stands in a place of the prompt, once. */
  private record Replaced(int position, double weight, int[] tokenIds, float[] rows) {}

  /**
   * Takes each token away in turn.
   *
   * @param tokenIds T, with all that the model reads
   * @param replacement rows or tokens; a mean is taken over several tokens
   * @param vector of blocks
   * @throws IllegalArgumentException if tokens are to be left out, which moves positions
   */
  public static Shading of(
      ResidualStream model,
      int[] tokenIds,
      Replacement replacement,
      BlockVector vector,
      List<Integer> blocks) {
    AttributedPrediction own = AttributedPrediction.of(model, tokenIds, Objective::predicted);
    double[] drops = new double[tokenIds.length];
    double[][] moved = new double[blocks.size()][tokenIds.length];
    List<float[]> vectors = new ArrayList<>();
    try (ResidualStream.Pass pass = model.run(new int[][] {tokenIds})) {
      blocks.forEach(block -> vectors.add(pass.last(block, vector.point())));
    }

    List<Replaced> all = replaced(own, replacement);
    int batch =
        Math.max(1, Math.min(NODES / tokenIds.length, NUMBERS / model.shape().vocabularySize()));
    for (int from = 0; from < all.size(); from += batch) {
      List<Replaced> some = all.subList(from, Math.min(from + batch, all.size()));
      try (ResidualStream.Pass pass = run(model, some)) {
        float[] logits = pass.logits();
        for (int i = 0; i < some.size(); i++) {
          drops[some.get(i).position()] +=
              some.get(i).weight()
                  * (own.value() - own.objective().of(row(logits, i, some.size())));
        }

        for (int b = 0; b < moved.length; b++) {
          float[] without = pass.last(blocks.get(b), vector.point());
          for (int i = 0; i < some.size(); i++) {
            moved[b][some.get(i).position()] +=
                some.get(i).weight()
                    * (1 - Cosine.similarity(vectors.get(b), row(without, i, some.size())));
          }
        }
      }
    }

    List<OfBlock> ofBlocks = new ArrayList<>();
    for (int b = 0; b < moved.length; b++) {
      ofBlocks.add(new OfBlock(blocks.get(b), moved[b]));
    }

    return new Shading(drops, ofBlocks);
  }

  private static List<Replaced> replaced(AttributedPrediction own, Replacement replacement) {
    List<Replaced> all = new ArrayList<>();
    for (int t = 0; t < own.length(); t++) {
      if (replacement instanceof Replacement.Tokens several) {
        for (int i = 0; i < several.ids().length; i++) {
          int[] ids = own.tokenIds().clone();
          ids[t] = several.ids()[i];
          all.add(new Replaced(t, several.weights()[i], ids, null));
        }
      } else if (replacement instanceof Replacement.Row row) {
        float[] rows = own.rows().clone();
        System.arraycopy(row.values(), 0, rows, t * own.dimension(), own.dimension());
        all.add(new Replaced(t, 1, own.tokenIds(), rows));
      } else {
        throw new IllegalArgumentException("Invalid replacement: a position would move");
      }
    }

    return all;
  }

  private static ResidualStream.Pass run(ResidualStream model, List<Replaced> some) {
    Input input = Input.tokens(some.stream().map(Replaced::tokenIds).toArray(int[][]::new));
    if (some.get(0).rows() == null) {
      return model.run(input, Changes.NONE);
    }

    int size = some.get(0).rows().length;
    float[] rows = new float[some.size() * size];
    for (int i = 0; i < some.size(); i++) {
      System.arraycopy(some.get(i).rows(), 0, rows, i * size, size);
    }

    return model.run(input, Changes.NONE.replace(EMBED, rows));
  }

  private static float[] row(float[] all, int i, int rows) {
    int size = all.length / rows;
    return Arrays.copyOfRange(all, i * size, (i + 1) * size);
  }
}
