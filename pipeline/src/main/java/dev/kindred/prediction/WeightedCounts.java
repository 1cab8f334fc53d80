/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.prediction;

import dev.kindred.similarity.SimilarityBins;
import java.util.Arrays;
import java.util.List;
import java.util.SortedMap;

/**
 * The study's rule, and its saturating relatives: all strings above a block's threshold count
 * alike, and blocks are mixed.
 *
 * @param thresholds [B], each in [-1, 1]
 * @param mixture of B blocks
 */
public record WeightedCounts(double[] thresholds, Mixture mixture) implements Rule {
  private static final long serialVersionUID = 1L;

  @Override
  public double[] weights() {
    return mixture.weights();
  }

  @Override
  public SimilarityBins bins(int block) {
    return SimilarityBins.above(thresholds[block]);
  }

  @Override
  public boolean usesFrequencies() {
    return false;
  }

  @Override
  public SortedMap<Integer, Double> mix(List<BlockCounts> blocks, TokenFrequencies frequencies) {
    return Approximations.mix(blocks.stream().map(BlockCounts::all).toList(), mixture);
  }

  @Override
  public double[] shares(List<BlockCounts> blocks, TokenFrequencies frequencies) {
    return BlockShares.of(blocks.stream().map(BlockCounts::all).toList(), mixture);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof WeightedCounts rule
        && Arrays.equals(thresholds, rule.thresholds)
        && mixture.equals(rule.mixture);
  }

  @Override
  public int hashCode() {
    return 31 * Arrays.hashCode(thresholds) + mixture.hashCode();
  }

  @Override
  public String toString() {
    return "thresholds " + Arrays.toString(thresholds) + ", " + mixture;
  }
}
