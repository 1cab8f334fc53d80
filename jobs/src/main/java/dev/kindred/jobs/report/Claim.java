/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.report;

import dev.kindred.evaluation.Summaries;
import dev.kindred.table.Figures;
import dev.kindred.table.Figures.Measure;
import java.util.Locale;

/** What a run found. */
final class Claim {
  private Claim() {}

  /** Returns its figures alone; empty if there are none. */
  static String inShort(Figures figures) {
    Comparison.Mean similar =
        Comparison.Mean.of(figures, Summaries.of(Summaries.HELLINGER).honest());
    if (similar == null) {
      return "";
    }

    StringBuilder text = new StringBuilder(": ").append(Numbers.precise(similar.value()));
    AgainstNGram against = AgainstNGram.of(figures);
    if (against != null) {
      text.append(", n-gram ").append(Numbers.precise(against.ngram().value()));
    }

    Comparison.Mean floor =
        Comparison.Mean.of(figures, Measure.of(Summaries.NOISE_FLOOR, Summaries.HELLINGER));
    if (floor != null) {
      text.append(", floor ").append(Numbers.precise(floor.value()));
    }

    return text.toString();
  }

  /** Returns it in sentences that its figures and their intervals bear out. */
  static String of(Figures figures) {
    StringBuilder claim = new StringBuilder();
    Comparison.Mean similar =
        Comparison.Mean.of(figures, Summaries.of(Summaries.HELLINGER).honest());
    claim.append(
        String.format(
            Locale.ROOT,
            "With the prompt itself set aside, similar strings come to a mean distance of %.4f from"
                + " the model (95 %% interval %s)",
            similar.value(),
            similar.interval()));
    Comparison.Mean floor =
        Comparison.Mean.of(figures, Measure.of(Summaries.NOISE_FLOOR, Summaries.HELLINGER));
    if (floor != null) {
      claim.append(
          String.format(
              Locale.ROOT, "; the same model, trained again, is %.4f from it", floor.value()));
    }

    claim.append('.');
    AgainstNGram against = AgainstNGram.of(figures);
    return against == null
        ? claim.toString()
        : claim.append(' ').append(against.sentence()).toString();
  }
}
