/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.report;

import dev.kindred.baseline.NGramFit;
import dev.kindred.evaluation.Summaries;
import dev.kindred.table.Figures;
import dev.kindred.table.Figures.Measure;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.DoubleStream;

/**
 * A prediction of the next token and how far it is from the model's on average.
 *
 * @param label what it is
 * @param honest without the prompt's own window as evidence; null where that makes no sense
 * @param compatible with it
 */
public record Comparison(String label, Mean honest, Mean compatible) {
  private static final String SIMILAR_STRINGS = "similar strings";
  private static final String SUFFIX = "suffix_";
  private static final String OTHER_MODELS = "the same model, trained again";
  private static final Map<String, String> LABELS =
      Map.of(
          "kneser_ney", "smoothed n-gram",
          "absolute_discounting", "n-gram with absolute discounts",
          "tuned_interpolation", "n-gram with tuned interpolation",
          "suffix_backoff", "after the longest known suffix",
          "own_next_tokens", "after the prompt itself",
          "unigram", "all tokens of the corpus",
          "random_strings", "as many random strings");

  /**
   * A mean distance.
   *
   * @param low of its 95 % interval
   * @param high of its 95 % interval
   */
  public record Mean(double value, double low, double high) {

    /** Returns what figures say of a measure; null if they do not. */
    static Mean of(Figures figures, Measure measure) {
      return figures.has(measure, "mean") && figures.has(measure, "ci95_low")
          ? new Mean(
              figures.get(measure, "mean"),
              figures.get(measure, "ci95_low"),
              figures.get(measure, "ci95_high"))
          : null;
    }

    public String interval() {
      return String.format(Locale.ROOT, "%.4f to %.4f", low, high);
    }
  }

  /** Whether it is what the report is about. */
  public boolean isPrincipal() {
    return label.equals(SIMILAR_STRINGS);
  }

  /** Whether it is of the corpus alone. */
  public boolean isWithoutTheModel() {
    return !isPrincipal() && !label.equals(OTHER_MODELS);
  }

  /** What one of the baselines is called. */
  static String nameOf(Figures figures, String baseline) {
    return nameOf(baseline, (int) figures.get(NGramFit.measure(baseline), "order", 0));
  }

  /**
   * Returns what a baseline is called.
   *
   * @param order tokens of the longest context; 0 where it is not told
   */
  public static String nameOf(String baseline, int order) {
    String label = LABELS.get(baseline);
    if (label == null) {
      String tokens = baseline.substring(SUFFIX.length());
      return "after the last " + (tokens.equals("1") ? "token" : tokens + " tokens");
    }

    return order == 0 || baseline.equals("tuned_interpolation")
        ? label
        : label.replace("n-gram", "n-gram of order " + order);
  }

  private double rank() {
    return honest == null ? compatible.value() : honest.value();
  }

  /**
   * Returns all comparisons that the run has, the closest first. Of the fixed suffixes it returns
   * the closest alone.
   */
  public static List<Comparison> of(Figures figures) {
    List<Comparison> all = new ArrayList<>();
    Measure similar = Summaries.of(Summaries.HELLINGER);
    Mean honest = Mean.of(figures, similar.honest());
    if (honest == null) {
      return List.of();
    }

    all.add(new Comparison(SIMILAR_STRINGS, honest, Mean.of(figures, similar.compatible())));
    Mean floor = Mean.of(figures, Measure.of(Summaries.NOISE_FLOOR, Summaries.HELLINGER));
    if (floor != null) {
      all.add(new Comparison(OTHER_MODELS, floor, floor));
    }

    LABELS.keySet().forEach(baseline -> add(all, figures, baseline));
    List<Comparison> suffixes = new ArrayList<>();
    for (int k = 1; add(suffixes, figures, SUFFIX + k); k++) {
      // until there is none of that length
    }

    suffixes.stream().min(Comparator.comparingDouble(Comparison::rank)).ifPresent(all::add);
    all.sort(Comparator.comparingDouble(Comparison::rank).thenComparing(Comparison::label));
    return all;
  }

  /** Adds a baseline if the run has it, and returns whether it has. */
  private static boolean add(List<Comparison> all, Figures figures, String baseline) {
    Measure distance = Measure.of(baseline, Summaries.HELLINGER);
    Mean compatible = Mean.of(figures, distance.compatible());
    if (compatible != null) {
      all.add(
          new Comparison(
              nameOf(figures, baseline), Mean.of(figures, distance.honest()), compatible));
    }

    return compatible != null;
  }

  /** The scale on which all of them find room. */
  static BarScale scale(List<Comparison> comparisons) {
    return new BarScale(
        comparisons.stream()
            .flatMapToDouble(
                comparison ->
                    comparison.honest() == null
                        ? DoubleStream.of(comparison.compatible().value())
                        : DoubleStream.of(
                            comparison.compatible().value(), comparison.honest().value()))
            .max()
            .orElse(1));
  }
}
