/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.bench;

import java.util.Arrays;

/** The median of rounds. */
public final class Median {
  private Median() {}

  /** The middle value, or the mean of the two in the middle; NaN for no values. */
  public static double of(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    int middle = sorted.length / 2;
    return sorted.length == 0
        ? Double.NaN
        : sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  }
}
