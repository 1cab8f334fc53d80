/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.math;

import java.util.Arrays;

/** Pearson's coefficient of correlation. */
public final class Correlation {
  private Correlation() {}

  /**
   * How two lists of numbers go together, in [-1, 1] up to rounding; not a number where one of them
   * is constant.
   *
   * @param x any numbers
   * @param y as many
   */
  public static double of(double[] x, double[] y) {
    double meanX = Arrays.stream(x).average().orElse(0);
    double meanY = Arrays.stream(y).average().orElse(0);
    double products = 0;
    double ofX = 0;
    double ofY = 0;
    for (int i = 0; i < x.length; i++) {
      products += (x[i] - meanX) * (y[i] - meanY);
      ofX += (x[i] - meanX) * (x[i] - meanX);
      ofY += (y[i] - meanY) * (y[i] - meanY);
    }

    return products / Math.sqrt(ofX * ofY);
  }
}
