/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.math;

import java.util.Locale;

/** Hellinger distance of discrete distributions: sqrt(sum (sqrt p - sqrt q)^2) / sqrt 2. */
public final class Hellinger {
  private Hellinger() {}

  /**
   * The distance of two distributions.
   *
   * @param p probabilities, one a token
   * @param q probabilities of the same tokens
   * @return in [0, 1]: 0 for equal distributions, 1 for such without a common token
   * @throws IllegalArgumentException if lengths differ
   */
  public static double distance(double[] p, double[] q) {
    if (p.length != q.length) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT, "Invalid distributions: lengths differ, %d != %d", p.length, q.length));
    }

    double squares = 0;
    for (int token = 0; token < p.length; token++) {
      double difference = Math.sqrt(p[token]) - Math.sqrt(q[token]);
      squares += difference * difference;
    }

    // Probabilities that sum to 1 only up to rounding could exceed the range by as little.
    return Math.min(1, Math.sqrt(squares / 2));
  }

  /**
   * The distance of a distribution and of what counts make one of.
   *
   * @param distribution probabilities, one a token
   * @param counts of the same tokens: any multiple of probabilities, not negative
   * @return in [0, 1]; 1 if there is nothing to count
   */
  public static double ofCounts(double[] distribution, double[] counts) {
    double[] shares = Counts.normalize(counts);
    return shares.length == 0 ? 1 : distance(distribution, shares);
  }

  /**
   * The distance of two distributions that are given by their tokens with positive probability.
   *
   * @param pTokens token ids, ascending, each once
   * @param p probabilities of {@code pTokens}; other tokens have 0
   * @param qTokens token ids, ascending, each once
   * @param q probabilities of {@code qTokens}
   * @return in [0, 1], as {@link #distance(double[], double[])}
   */
  public static double distance(int[] pTokens, double[] p, int[] qTokens, double[] q) {
    double squares = 0;
    int i = 0;
    int j = 0;
    while (i < p.length || j < q.length) {
      int order;
      if (i == p.length) {
        order = 1;
      } else if (j == q.length) {
        order = -1;
      } else {
        order = Integer.compare(pTokens[i], qTokens[j]);
      }

      double difference = (order <= 0 ? Math.sqrt(p[i]) : 0) - (order >= 0 ? Math.sqrt(q[j]) : 0);
      squares += difference * difference;
      i += order <= 0 ? 1 : 0;
      j += order >= 0 ? 1 : 0;
    }

    return Math.min(1, Math.sqrt(squares / 2));
  }
}
