/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.evaluation;

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
          String.format("Invalid distributions: lengths differ, %d != %d", p.length, q.length));
    }

    double squares = 0;
    for (int token = 0; token < p.length; token++) {
      double difference = Math.sqrt(p[token]) - Math.sqrt(q[token]);
      squares += difference * difference;
    }

    // Probabilities that sum to 1 only up to rounding could exceed the range by as little.
    return Math.min(1, Math.sqrt(squares / 2));
  }
}
