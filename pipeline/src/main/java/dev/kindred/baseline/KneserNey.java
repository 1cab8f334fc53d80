/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.baseline;

import java.io.Serializable;
import java.util.Arrays;

/**
 * Interpolated modified Kneser-Ney smoothing (Chen and Goodman, "An empirical study of smoothing
 * techniques for language modeling", 1998, section 3.5): counts of the longest context, numbers of
 * distinct preceding tokens below it, and a discount for counts of 1, 2, and 3 or more.
 *
 * @param discounts [L + 1][3], of contexts of k tokens
 */
record KneserNey(double[][] discounts) implements Serializable {
  /** For orders too small to estimate any, as KenLM has them. */
  private static final double[] FALLBACK = {0.5, 1, 1.5};

  /**
   * Estimates one order's discounts.
   *
   * @param n how many n-grams have counts 1, 2, 3 and 4
   * @return for counts of 1, 2, and 3 or more, each in [0, its count]
   */
  static double[] discounts(long[] n) {
    for (long number : n) {
      if (number == 0) {
        return FALLBACK.clone();
      }
    }

    double y = n[0] / (n[0] + 2.0 * n[1]);
    double[] discounts = new double[3];
    for (int i = 0; i < 3; i++) {
      discounts[i] = Math.max(0, i + 1 - (i + 2) * y * n[i + 1] / n[i]);
    }

    return discounts;
  }

  /**
   * The next token's distribution.
   *
   * @return d_vocab probabilities, sum 1
   */
  double[] probabilities(SuffixStatistics statistics) {
    double[] probabilities = new double[statistics.vocabularySize()];
    Arrays.fill(probabilities, 1.0 / probabilities.length);
    for (int k = 0; k <= statistics.windowLength(); k++) {
      boolean longest = k == statistics.windowLength();
      interpolate(
          probabilities,
          longest ? statistics.counts()[k] : statistics.preceding()[k],
          discounts[k]);
    }

    return probabilities;
  }

  /** Replaces the shorter context's distribution by this one's. */
  private static void interpolate(double[] shorter, long[] counts, double[] discounts) {
    double total = SuffixStatistics.total(counts);
    if (total == 0) {
      return;
    }

    double discounted = 0;
    for (long count : counts) {
      discounted += discount(count, discounts);
    }

    for (int token = 0; token < shorter.length; token++) {
      double kept = counts[token] - discount(counts[token], discounts);
      shorter[token] = (kept + discounted * shorter[token]) / total;
    }
  }

  private static double discount(long count, double[] discounts) {
    return count == 0 ? 0 : discounts[(int) Math.min(count, discounts.length) - 1];
  }
}
