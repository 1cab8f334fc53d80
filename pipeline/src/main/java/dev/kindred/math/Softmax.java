/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.math;

/** Distributions from logits, in double precision. */
public final class Softmax {
  private Softmax() {}

  /**
   * The distribution of one row of a matrix of logits.
   *
   * @param logits row-major
   * @param tokens columns
   * @return one probability a token: in [0, 1], summing to 1
   */
  public static double[] row(float[] logits, int row, int tokens) {
    double greatest = Double.NEGATIVE_INFINITY;
    for (int token = 0; token < tokens; token++) {
      greatest = Math.max(greatest, logits[row * tokens + token]);
    }

    double[] probabilities = new double[tokens];
    double total = 0;
    for (int token = 0; token < tokens; token++) {
      probabilities[token] = Math.exp(logits[row * tokens + token] - greatest);
      total += probabilities[token];
    }

    for (int token = 0; token < tokens; token++) {
      probabilities[token] /= total;
    }

    return probabilities;
  }
}
