/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.prediction;

import dev.kindred.math.Counts;
import java.util.List;
import java.util.Map;

/** How much of an approximation each block has given. */
public final class BlockShares {
  private BlockShares() {}

  /**
   * Each block's share of the counts that {@link Approximations} mixes.
   *
   * @param blocks counts by token id, one a block
   * @return one a block, in [0, 1], sum 1; all 0 if there is nothing to count
   */
  public static double[] of(List<? extends Map<Integer, Long>> blocks, Mixture mixture) {
    double[] weighted = new double[mixture.blocks()];
    for (int block = 0; block < mixture.blocks(); block++) {
      long evidence = blocks.get(block).values().stream().mapToLong(Long::longValue).sum();
      weighted[block] = mixture.factor(block, evidence) * evidence;
    }

    double[] shares = Counts.normalize(weighted);
    return shares.length == 0 ? new double[mixture.blocks()] : shares;
  }
}
