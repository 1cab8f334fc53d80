/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.math;

import java.util.Arrays;

/** Spearman's rank correlation: whether two measures put things into the same order. */
public final class RankCorrelation {
  private RankCorrelation() {}

  /**
   * Correlates ranks; equal numbers have their mean rank.
   *
   * @return in [-1, 1]; NaN if either has equal numbers only
   */
  public static double of(double[] a, double[] b) {
    return ofRanks(ranks(a), ranks(b));
  }

  /** Correlates ranks that {@link #ranks} has found. */
  public static double ofRanks(double[] x, double[] y) {
    double mean = (x.length + 1) / 2.;
    double products = 0;
    double ofX = 0;
    double ofY = 0;
    for (int i = 0; i < x.length; i++) {
      products += (x[i] - mean) * (y[i] - mean);
      ofX += (x[i] - mean) * (x[i] - mean);
      ofY += (y[i] - mean) * (y[i] - mean);
    }

    return products / Math.sqrt(ofX * ofY);
  }

  /**
   * Returns the rank of each number, from 1, ascending; equal ones have their mean rank. Adding 0
   * makes -0 what it is equal to.
   */
  public static double[] ranks(double[] values) {
    double[] sorted = Arrays.stream(values).map(value -> value + 0.).sorted().toArray();
    double[] ranks = new double[values.length];
    for (int from = 0, to; from < sorted.length; from = to) {
      to = from + 1;
      while (to < sorted.length && sorted[to] == sorted[from]) {
        to++;
      }

      Arrays.fill(ranks, from, to, (from + 1 + to) / 2.);
    }

    double[] ofSorted = ranks.clone();
    Arrays.setAll(ranks, i -> ofSorted[Arrays.binarySearch(sorted, values[i] + 0.)]);
    return ranks;
  }
}
