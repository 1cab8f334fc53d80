/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.math;

/** Next-token counts as a distribution. */
public final class Counts {
  private Counts() {}

  /**
   * Each value's share of their sum.
   *
   * @param counts not negative
   * @return in [0, 1], sum 1; empty if there is nothing to count
   */
  public static double[] normalize(double[] counts) {
    double total = 0;
    for (double count : counts) {
      total += count;
    }

    if (total == 0) {
      return new double[0];
    }

    double[] shares = new double[counts.length];
    for (int i = 0; i < counts.length; i++) {
      shares[i] = counts[i] / total;
    }

    return shares;
  }
}
