/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.prediction;

import java.util.List;
import java.util.Map;

/** How much of an approximation each block has given. */
public final class BlockShares {
  private BlockShares() {}

  /**
   * Each block's share of the counts that {@link Approximations} mixes.
   *
   * @param blocks counts by token id, one a block
   * @param weights in the same order, not negative
   * @return one a block, in [0, 1], sum 1; all 0 if there is nothing to count
   */
  public static double[] of(List<Map<Integer, Long>> blocks, double[] weights) {
    double[] weighted = new double[weights.length];
    for (int block = 0; block < weights.length; block++) {
      weighted[block] =
          weights[block] * blocks.get(block).values().stream().mapToLong(Long::longValue).sum();
    }

    double[] shares = Counts.normalize(weighted);
    return shares.length == 0 ? new double[weights.length] : shares;
  }
}
