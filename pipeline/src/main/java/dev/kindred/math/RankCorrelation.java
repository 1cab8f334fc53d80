/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.math;

import java.util.Comparator;
import java.util.stream.IntStream;

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

  /** Returns the rank of each number, from 1, ascending; equal ones have their mean rank. */
  public static double[] ranks(double[] values) {
    int[] order =
        IntStream.range(0, values.length)
            .boxed()
            .sorted(Comparator.comparingDouble(i -> values[i]))
            .mapToInt(Integer::intValue)
            .toArray();
    double[] ranks = new double[values.length];
    for (int from = 0, to; from < order.length; from = to) {
      to = from + 1;
      while (to < order.length && values[order[to]] == values[order[from]]) {
        to++;
      }

      for (int place = from; place < to; place++) {
        ranks[order[place]] = (from + 1 + to) / 2.;
      }
    }

    return ranks;
  }
}
