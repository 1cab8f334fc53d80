/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.tuning;

import java.util.List;

/**
 * A prompt's evidence by rings, without its own window, beside what the model predicts.
 *
 * <p>Letters: those of {@link dev.kindred.prediction.Rings}.
 *
 * @param modelRoots [T], square roots of the model's probabilities
 * @param base [T], p_0
 * @param isThere [T], whether a token follows a string of any ring
 * @param blocks [B]
 */
record RingCounts(double[] modelRoots, double[] base, boolean[] isThere, List<OfBlock> blocks) {

  /**
   * What follows the strings of a block.
   *
   * @param places [U], which of T
   * @param counts [R][U]
   * @param totals [R], their sums
   */
  record OfBlock(int[] places, float[][] counts, double[] totals) {}
}
