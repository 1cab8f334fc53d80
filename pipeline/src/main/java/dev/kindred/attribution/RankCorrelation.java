/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.attribution;

import java.util.stream.IntStream;

/** Spearman's rank correlation: whether two methods put tokens into the same order. */
public final class RankCorrelation {
  private RankCorrelation() {}

  /**
   * Correlates ranks; equal numbers have their mean rank.
   *
   * @return in [-1, 1]; NaN if either has equal numbers only
   */
  public static double of(double[] a, double[] b) {
    double[] x = ranks(a);
    double[] y = ranks(b);
    double mean = (a.length + 1) / 2.;
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

  private static double[] ranks(double[] values) {
    return IntStream.range(0, values.length)
        .mapToDouble(
            i -> {
              double rank = .5;
              for (double other : values) {
                rank += other < values[i] ? 1 : other == values[i] ? .5 : 0;
              }

              return rank;
            })
        .toArray();
  }
}
