/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.attribution;

import java.util.Arrays;

/** Scores of several methods together, as published. */
public final class Combination {
  private Combination() {}

  /** Returns scores over their greatest; zeros if none is above 0. */
  public static double[] normalised(double[] scores) {
    double greatest = Arrays.stream(scores).max().orElseThrow();
    return greatest <= 0
        ? new double[scores.length]
        : Arrays.stream(scores).map(score -> score / greatest).toArray();
  }

  /** Returns the mean of two methods' normalised scores. */
  public static double[] mean(double[] scores, double[] others) {
    double[] first = normalised(scores);
    double[] second = normalised(others);
    double[] mean = new double[first.length];
    Arrays.setAll(mean, t -> (first[t] + second[t]) / 2);
    return mean;
  }

  /** Returns scores moved and scaled to [0, 1]; zeros if all are equal. */
  public static double[] minMax(double[] scores) {
    double least = Arrays.stream(scores).min().orElseThrow();
    double range = Arrays.stream(scores).max().orElseThrow() - least;
    return range == 0
        ? new double[scores.length]
        : Arrays.stream(scores).map(score -> (score - least) / range).toArray();
  }
}
