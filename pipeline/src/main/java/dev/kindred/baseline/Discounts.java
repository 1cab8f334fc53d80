/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.baseline;

import java.util.Arrays;
import org.apache.spark.sql.Row;

/**
 * Discounts that the corpus's counts suggest (Chen and Goodman, "An empirical study of smoothing
 * techniques for language modeling", 1998, section 3.5).
 *
 * @param ofCounts [L + 1][3], of contexts of k tokens whose occurrences are counted
 * @param ofPreceding [L + 1][3], of such whose distinct preceding tokens are
 */
record Discounts(double[][] ofCounts, double[][] ofPreceding) {
  /** The discounts of orders that are too small to estimate any, as KenLM has them. */
  private static final double[] FALLBACK = {0.5, 1, 1.5};

  /** Estimates the discounts of a corpus; runs a job. */
  static Discounts of(SuffixCounts suffixes) {
    Discounts discounts =
        new Discounts(
            new double[suffixes.windowLength() + 1][], new double[suffixes.windowLength() + 1][]);
    Arrays.fill(discounts.ofCounts, FALLBACK);
    Arrays.fill(discounts.ofPreceding, FALLBACK);
    for (Row order : suffixes.countsOfCounts().collectAsList()) {
      discounts.ofCounts[order.getInt(0)] = of(numbers(order, 1));
      discounts.ofPreceding[order.getInt(0)] = of(numbers(order, 5));
    }

    return discounts;
  }

  private static long[] numbers(Row row, int from) {
    return new long[] {
      row.getLong(from), row.getLong(from + 1), row.getLong(from + 2), row.getLong(from + 3)
    };
  }

  /**
   * Estimates one order's.
   *
   * @param n how many n-grams have counts 1, 2, 3 and 4
   * @return for counts of 1, 2, and 3 or more, each in [0, its count]
   */
  static double[] of(long[] n) {
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

  /** Returns the discounts of an n-gram model with so many lengths of contexts, from 0 up. */
  double[][] of(boolean continuation, int contexts) {
    double[][] discounts = new double[contexts][];
    for (int k = 0; k < contexts; k++) {
      discounts[k] = (continuation && k < contexts - 1 ? ofPreceding : ofCounts)[k].clone();
    }

    return discounts;
  }
}
