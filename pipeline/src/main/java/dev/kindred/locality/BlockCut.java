/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.locality;

import dev.kindred.model.Changes;
import dev.kindred.model.Hook;
import dev.kindred.model.HookPoint;
import dev.kindred.model.Input;
import dev.kindred.model.ResidualStream;
import java.util.List;

/**
 * What one block makes of the streams of whole texts when its attention alone sees no farther than
 * the last k tokens. What later blocks make of that cannot enter.
 *
 * @param cosine of the block's outputs, cut and not, less the mean of such outputs
 * @param change norm of their difference, over the norm of what the block adds to the stream
 */
record BlockCut(double cosine, double change) {

  /** Takes what is found. */
  @FunctionalInterface
  interface Sink {
    /**
     * Takes it.
     *
     * @param place its number
     * @param k tokens that attention of the block sees
     */
    void found(int place, int block, int k, BlockCut cut);
  }

  /**
   * Cuts each block, one at a time.
   *
   * @param text token ids
   * @param indexes of the tokens that are looked at
   * @param means of each layer, L x D
   * @param windows of the blocks' own attention, in positions; {@link Integer#MAX_VALUE} for all
   */
  static void of(
      ResidualStream model,
      int firstToken,
      int[] text,
      List<Integer> indexes,
      double[][] means,
      int[] windows,
      List<Integer> lengths,
      Sink sink) {
    int before = Protocol.before(firstToken);
    int[][] tokens = {Protocol.whole(firstToken, text)};
    int length = tokens[0].length;
    try (ResidualStream.Pass pass = model.run(tokens)) {
      for (int block = 0; block < model.shape().blocks(); block++) {
        float[] in = pass.all(block, HookPoint.RESID_PRE);
        float[] out = pass.all(block, HookPoint.RESID_POST);
        for (int k : lengths) {
          float[] cut =
              model.at(
                  Input.before(block, in, length),
                  Changes.NONE.mask(block, sees(length, before, k, windows[block])),
                  Hook.of(HookPoint.RESID_POST, block));
          for (int i = 0; i < indexes.size(); i++) {
            if (indexes.get(i) + 1 < k) {
              continue; // nothing is cut
            }

            int row = before + indexes.get(i);
            sink.found(i, block, k, compared(in, out, cut, row, means[block + 1]));
          }
        }
      }
    }
  }

  /** Whether each position sees another: a first token always, others in reach of k tokens. */
  private static boolean[][] sees(int length, int before, int k, int window) {
    boolean[][] sees = new boolean[length][length];
    for (int i = 0; i < length; i++) {
      for (int j = 0; j <= i; j++) {
        sees[i][j] = i - j < window && (i - j < k || j < before);
      }
    }

    return sees;
  }

  private static BlockCut compared(float[] in, float[] out, float[] cut, int row, double[] mean) {
    int d = mean.length;
    double difference = 0;
    double added = 0;
    for (int i = row * d; i < (row + 1) * d; i++) {
      difference += Math.pow((double) cut[i] - out[i], 2);
      added += Math.pow((double) out[i] - in[i], 2);
    }

    return new BlockCut(
        Truncations.Pair.of(out, row, cut, row, mean).cosine(),
        Math.sqrt(difference) / Math.sqrt(added));
  }
}
