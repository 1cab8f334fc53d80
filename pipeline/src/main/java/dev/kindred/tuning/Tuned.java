/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.tuning;

import java.io.Serializable;
import java.util.Arrays;

/**
 * What tuning chooses for each block.
 *
 * @param bins the bin whose lower edge is the block's threshold
 * @param weights not negative
 */
public record Tuned(int[] bins, double[] weights) implements Serializable {
  private static final long serialVersionUID = 1L;

  Tuned withBin(int block, int bin) {
    int[] changed = bins.clone();
    changed[block] = bin;
    return new Tuned(changed, weights);
  }

  Tuned withWeight(int block, double weight) {
    double[] changed = weights.clone();
    changed[block] = weight;
    return new Tuned(bins, changed);
  }

  /** The same weights up to a factor, with a sum of 1. */
  public Tuned scaled() {
    double sum = Arrays.stream(weights).sum();
    return new Tuned(bins, Arrays.stream(weights).map(weight -> weight / sum).toArray());
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Tuned tuned
        && Arrays.equals(bins, tuned.bins)
        && Arrays.equals(weights, tuned.weights);
  }

  @Override
  public int hashCode() {
    return 31 * Arrays.hashCode(bins) + Arrays.hashCode(weights);
  }

  @Override
  public String toString() {
    return "bins " + Arrays.toString(bins) + ", weights " + Arrays.toString(weights);
  }
}
