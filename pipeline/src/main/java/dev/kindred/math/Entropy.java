/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.math;

/** Shannon entropy of discrete distributions: -sum p log2 p. */
public final class Entropy {
  private static final double LN_2 = Math.log(2);

  private Entropy() {}

  /**
   * The entropy of values divided by their sum, in bits: 0 if one token has it all, log2(n) if n
   * tokens share it equally. With S = sum v it is log2 S - (sum v log2 v) / S.
   *
   * @param values probabilities or counts, not negative
   * @return at least 0; NaN if the values sum to 0: there is no distribution
   */
  public static double bits(double[] values) {
    double total = 0;
    double logs = 0;
    for (double value : values) {
      if (value > 0) {
        total += value;
        logs += value * Math.log(value);
      }
    }

    return total == 0 ? Double.NaN : Math.max(0, (Math.log(total) - logs / total) / LN_2);
  }
}
