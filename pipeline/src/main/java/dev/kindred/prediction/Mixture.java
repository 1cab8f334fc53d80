/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.prediction;

import java.io.Serializable;
import java.util.Arrays;
import java.util.Locale;

/**
 * How blocks are mixed: a block whose similar strings have the next-token counts c, n in all, adds
 * weight * c / (1 + n / saturation).
 *
 * <p>With an infinite saturation blocks add raw counts, as in the study "Beyond Self-Attention":
 * broad classes of strings outvote narrow ones. With a finite one a block's share grows with its
 * evidence up to weight * saturation, half of which it has at n = saturation; near 0 every block
 * adds its distribution, however little evidence it has.
 *
 * @param weights one a block, not negative
 * @param saturation above 0, may be infinite; in occurrences of next tokens
 */
public record Mixture(double[] weights, double saturation) implements Serializable {
  private static final long serialVersionUID = 1L;

  public Mixture {
    if (!(saturation > 0)) {
      throw new IllegalArgumentException(
          String.format(Locale.ROOT, "Invalid saturation: %s, expected above 0", saturation));
    }
  }

  /** Raw counts, as in the study. */
  public static Mixture ofCounts(double... weights) {
    return new Mixture(weights, Double.POSITIVE_INFINITY);
  }

  public int blocks() {
    return weights.length;
  }

  /**
   * What a block's counts are multiplied by.
   *
   * @param total the sum of the block's counts
   */
  public double factor(int block, double total) {
    return factor(weights[block], total, saturation);
  }

  /** The factor of a block with this weight, where there is no mixture of all blocks at hand. */
  public static double factor(double weight, double total, double saturation) {
    return weight / (1 + total / saturation);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Mixture mixture
        && Arrays.equals(weights, mixture.weights)
        && saturation == mixture.saturation;
  }

  @Override
  public int hashCode() {
    return 31 * Arrays.hashCode(weights) + Double.hashCode(saturation);
  }

  @Override
  public String toString() {
    return "weights " + Arrays.toString(weights) + ", saturation " + saturation;
  }
}
