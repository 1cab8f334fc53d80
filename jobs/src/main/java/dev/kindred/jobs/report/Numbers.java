/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.report;

import java.util.Locale;

/**
 * How the report writes numbers: alike in every locale, and an en dash for what is not a number.
 */
public final class Numbers {

  private static final String ABSENT = "–";
  private static final double LEAST_SHOWN_SHARE = 0.001;

  private Numbers() {}

  /** A distance, a cosine or a weight, with four decimals. */
  public static String precise(double value) {
    return format("%,.4f", value);
  }

  /** A mean of counts, with one decimal. */
  public static String mean(double value) {
    return format("%,.1f", value);
  }

  /** A whole number, with thousands separators. */
  public static String count(double value) {
    return format("%,.0f", value);
  }

  /** A share in [0, 1] as a percentage; one that would round to nothing is not written as zero. */
  public static String percent(double share) {
    if (share > 0 && share < LEAST_SHOWN_SHARE) {
      return "<" + format("%.1f%%", 100 * LEAST_SHOWN_SHARE);
    }
    return format("%.1f%%", 100 * share);
  }

  /** A difference of two shares, in [-1, 1], in percentage points with a sign. */
  public static String signedPercent(double difference) {
    return format("%+.2f%%", points(difference));
  }

  /** A difference in percentage points with two decimals, of which 0 is never negative. */
  static double points(double difference) {
    return Math.round(1e4 * difference) / 100.;
  }

  /** The share of prompts that are closer, in [0, 1]: nothing is closer than the best. */
  static String rank(double closer) {
    return closer == 0 ? "none" : percent(closer);
  }

  /** How many decimals, four at most, show all of some numbers that people have chosen. */
  static int decimals(double... values) {
    int most = 0;
    for (double value : values) {
      String shown = precise(value).replaceAll("0+$", "");
      most = Math.max(most, Double.isFinite(value) ? shown.length() - 1 - shown.indexOf('.') : 0);
    }

    return most;
  }

  /** A number with so many decimals. */
  public static String fixed(double value, int decimals) {
    return format("%,." + decimals + "f", value);
  }

  /** A share in [0, 1] as a whole percentage, for an axis. */
  public static String wholePercent(double share) {
    return format("%.0f%%", 100 * share);
  }

  private static String format(String pattern, double value) {
    return Double.isFinite(value) ? String.format(Locale.ROOT, pattern, value) : ABSENT;
  }
}
