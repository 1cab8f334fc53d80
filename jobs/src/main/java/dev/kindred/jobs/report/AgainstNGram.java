/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.report;

import dev.kindred.baseline.NGramFit;
import dev.kindred.evaluation.PromptFigures;
import dev.kindred.evaluation.Summaries;
import dev.kindred.table.Figures;
import dev.kindred.table.Figures.Measure;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;

/**
 * The similar strings of a run beside its n-gram: the one that comes closest to the model where
 * n-grams are compared, on windows that are none of the prompts.
 *
 * @param label what the n-gram is
 * @param fittingWindows that it was fitted to
 * @param heldOutWindows by which n-grams were compared
 * @param ngram its mean distance from the model, without prompts' own windows
 * @param closer in how many slices the interval tells that similar strings are closer
 * @param farther in how many it tells that they are farther
 * @param slices how many have prompts
 */
public record AgainstNGram(
    String label,
    int fittingWindows,
    int heldOutWindows,
    Comparison.Mean ngram,
    Gain gain,
    int closer,
    int farther,
    int slices) {

  /** Reads the comparison from a run's figures; returns null if they do not tell it. */
  public static AgainstNGram of(Figures figures) {
    Gain gain = Gain.of(figures, null);
    if (gain == null) {
      return null;
    }

    List<Gain> slices =
        SliceRow.of(figures).stream().map(SliceRow::gain).filter(Objects::nonNull).toList();
    String baseline = baseline(figures).orElseThrow();
    Measure fit = NGramFit.measure(baseline);
    return new AgainstNGram(
        Comparison.nameOf(figures, baseline),
        (int) figures.get(fit, "fitting_windows"),
        (int) figures.get(fit, "held_out_windows"),
        Comparison.Mean.of(figures, Measure.of(PromptFigures.NGRAM, Summaries.HELLINGER).honest()),
        gain,
        (int) slices.stream().filter(Gain::isCloser).count(),
        (int) slices.stream().filter(Gain::isFarther).count(),
        slices.size());
  }

  /** The name of the n-gram among the baselines; none in a run from before there was one. */
  static Optional<String> baseline(Figures figures) {
    return figures.measures().stream()
        .filter(measure -> figures.get(measure, "is_ngram", 0) == 1)
        .map(Measure::series)
        .findFirst();
  }

  /** What the figures say, and no more. */
  public String sentence() {
    return String.format(
        Locale.ROOT,
        "The %s, which does not look into the model, comes to %.4f: similar strings are %s this;"
            + " %s",
        label,
        ngram.value(),
        gain.inWords(),
        inSlices());
  }

  /** How similar strings do on the kinds of prompts. */
  String inSlices() {
    return String.format(
        Locale.ROOT,
        "of %d kinds of prompts they are closer on %d, farther on %d, and not to be told apart on"
            + " %d.",
        slices,
        closer,
        farther,
        slices - closer - farther);
  }

  /** What n-grams were fitted to. */
  String fitting() {
    return fittingWindows == 0
        ? "The corpus has no other windows to fit n-grams to."
        : String.format(
            Locale.ROOT,
            "Orders, discounts and shares of n-grams are fitted to the model’s predictions after"
                + " %,d other windows, and n-grams compared on %,d more, as the similar strings’"
                + " settings are by tuning.",
            fittingWindows,
            heldOutWindows);
  }
}
