/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.report;

import dev.kindred.explanation.NextToken;
import java.util.List;
import java.util.Locale;
import java.util.stream.DoubleStream;

/**
 * The common scale of one prompt's bars.
 *
 * @param greatest the probability, in [0, 1], that fills the whole width
 */
record BarScale(double greatest) {

  static BarScale of(List<NextToken> tokens) {
    return new BarScale(
        tokens.stream()
            .flatMapToDouble(token -> DoubleStream.of(token.model(), token.approximation()))
            .filter(Double::isFinite)
            .max()
            .orElse(0));
  }

  /** A bar's length as a CSS percentage, from 0% to 100%. */
  String length(double probability) {
    return String.format(Locale.ROOT, "%.2f%%", probability > 0 ? 100 * probability / greatest : 0);
  }
}
