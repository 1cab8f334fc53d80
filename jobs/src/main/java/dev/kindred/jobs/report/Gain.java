/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.report;

import dev.kindred.evaluation.PromptFigures;
import dev.kindred.table.Figures;
import java.util.Locale;

/**
 * By how much similar strings are closer to the model than an n-gram, on average over the same
 * prompts: the n-gram's distance less theirs.
 *
 * @param value above 0 where the strings are closer
 * @param low of its 95 % interval
 * @param high of its 95 % interval
 */
public record Gain(double value, double low, double high) {

  /** Returns the gain over the n-gram in a slice; null if figures do not tell. */
  static Gain of(Figures figures, String slice) {
    Comparison.Mean mean = Comparison.Mean.of(figures, PromptFigures.GAIN.in(slice));
    return mean == null ? null : new Gain(mean.value(), mean.low(), mean.high());
  }

  /** Whether the interval tells that the strings are closer. */
  boolean isCloser() {
    return low > 0;
  }

  /** Whether the interval tells that they are farther. */
  boolean isFarther() {
    return high < 0;
  }

  /** Signed, for a table. */
  String signed() {
    return String.format(Locale.ROOT, "%+.4f", value);
  }

  String interval() {
    return String.format(Locale.ROOT, "%+.4f to %+.4f", low, high);
  }

  /** What strings are to an n-gram, such as "closer by 0.0100 (95 % interval ..) than". */
  public String inWords() {
    if (!isCloser() && !isFarther()) {
      return String.format(
          Locale.ROOT,
          "neither closer nor farther, as far as the interval of the difference tells (%s), than",
          interval());
    }

    return String.format(
        Locale.ROOT,
        "%s by %.4f (95 %% interval %.4f to %.4f) than",
        isCloser() ? "closer" : "farther",
        Math.abs(value),
        isCloser() ? low : -high,
        isCloser() ? high : -low);
  }
}
