/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.report;

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
record Comparison(String label, Mean honest, Mean compatible) {
  private static final String SIMILAR_STRINGS = "similar strings";
  private static final String OTHER_MODELS = "models of other seeds";
  private static final Map<String, String> LABELS =
      Map.of(
          "kneser_ney", "smoothed n-gram (Kneser-Ney)",
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
  record Mean(double value, double low, double high) {

    /** From the metrics under a name; null if there are none. */
    static Mean of(Map<String, Double> metrics, String name) {
      return metrics.containsKey(name + ".mean") && metrics.containsKey(name + ".ci95_low")
          ? new Mean(
              metrics.get(name + ".mean"),
              metrics.get(name + ".ci95_low"),
              metrics.get(name + ".ci95_high"))
          : null;
    }

    String interval() {
      return String.format(Locale.ROOT, "%.4f to %.4f", low, high);
    }
  }

  /** Whether it is what the report is about. */
  boolean isPrincipal() {
    return label.equals(SIMILAR_STRINGS);
  }

  private double rank() {
    return honest == null ? compatible.value() : honest.value();
  }

  /** All that the run has, the closest first; of the fixed suffixes the closest alone. */
  static List<Comparison> of(Map<String, Double> metrics) {
    Mean honest = Mean.of(metrics, "honest.hellinger");
    if (honest == null) { // of a run from before there were baselines
      return List.of();
    }

    List<Comparison> all = new ArrayList<>();
    all.add(new Comparison(SIMILAR_STRINGS, honest, Mean.of(metrics, "compatible.hellinger")));
    Mean floor = Mean.of(metrics, "noise_floor.hellinger");
    if (floor != null) {
      all.add(new Comparison(OTHER_MODELS, floor, floor));
    }

    LABELS.forEach((baseline, label) -> add(all, metrics, baseline, label));
    List<Comparison> suffixes = new ArrayList<>();
    for (int k = 1; metrics.containsKey("baseline.suffix_" + k + ".hellinger.mean"); k++) {
      add(suffixes, metrics, "suffix_" + k, "after the last " + (k == 1 ? "token" : k + " tokens"));
    }

    suffixes.stream().min(Comparator.comparingDouble(Comparison::rank)).ifPresent(all::add);
    all.sort(Comparator.comparingDouble(Comparison::rank).thenComparing(Comparison::label));
    return all;
  }

  private static void add(
      List<Comparison> all, Map<String, Double> metrics, String baseline, String label) {
    Mean compatible = Mean.of(metrics, "baseline." + baseline + ".hellinger");
    if (compatible != null) {
      all.add(
          new Comparison(
              label, Mean.of(metrics, "honest.baseline." + baseline + ".hellinger"), compatible));
    }
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

  /** What the run found, in a sentence. */
  static String claim(List<Comparison> comparisons) {
    Comparison similar =
        comparisons.stream().filter(Comparison::isPrincipal).findFirst().orElseThrow();
    StringBuilder claim = new StringBuilder();
    claim.append(
        String.format(
            Locale.ROOT,
            "With the prompt itself set aside, similar strings come to a mean distance of %.4f from"
                + " the model (95 %% interval %s)",
            similar.honest().value(),
            similar.honest().interval()));
    comparisons.stream()
        .filter(
            other ->
                !other.isPrincipal()
                    && !other.label().equals(OTHER_MODELS)
                    && other.honest() != null)
        .findFirst()
        .ifPresent(
            best ->
                claim.append(
                    String.format(
                        Locale.ROOT,
                        "; the closest prediction that does not look into the model, %s, to %.4f",
                        best.label(),
                        best.honest().value())));
    comparisons.stream()
        .filter(other -> other.label().equals(OTHER_MODELS))
        .findFirst()
        .ifPresent(
            floor ->
                claim.append(
                    String.format(
                        Locale.ROOT,
                        "; models of other seeds are %.4f from it",
                        floor.honest().value())));
    return claim.append('.').toString();
  }
}
