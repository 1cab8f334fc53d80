/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.report;

import java.util.List;
import java.util.Locale;
import java.util.Map;

/** A run's figures as a table for the terminal. */
public final class Summary {
  private static final int BASELINES_SHOWN = 3; // the closest
  private static final String NOISE_FLOOR = "noise_floor";

  private static final String PROTOCOLS =
      """
      From 0, the same prediction as the model's, to 1, nothing in common. Compatible: as in the
      study, a prompt's own place in the corpus counts, too. Honest: it does not.
      """;

  private Summary() {}

  /**
   * The distances between a model and alternates of it, and a line for scripts.
   *
   * @param metrics as {@link dev.kindred.evaluation.Summaries#noiseFloor} has them
   */
  public static String noiseFloor(
      String model, List<String> alternates, long prompts, Map<String, Double> metrics) {
    StringBuilder text = new StringBuilder("\n");
    line(
        text,
        "%-40s %9s %9s %9s %9s",
        String.format(Locale.ROOT, "Hellinger distance, %,d prompts", prompts),
        "mean",
        "std",
        "min",
        "max");
    for (int alternate = 0; alternate < alternates.size(); alternate++) {
      figures(
          text,
          "  %-38s %9.4f %9.4f %9.4f %9.4f",
          shortened(alternates.get(alternate)),
          metrics,
          NOISE_FLOOR + "." + alternate);
    }

    figures(text, "  %-38s %9.4f %9.4f %9.4f %9.4f", "all", metrics, NOISE_FLOOR);
    text.append('\n');
    if (metrics.containsKey(NOISE_FLOOR + ".top1")) {
      line(text, "top token agrees for %.1f %%", 100 * metrics.get(NOISE_FLOOR + ".top1"));
      text.append('\n');
    }

    line(
        text,
        "kindred: model=%s prompts=%d alternates=%d noise_floor=%.4f",
        model,
        prompts,
        alternates.size(),
        metrics.get(NOISE_FLOOR + ".hellinger.mean"));
    return text.toString();
  }

  /** The end of a URI that is too long for its column. */
  private static String shortened(String uri) {
    return uri.length() <= 38 ? uri : "..." + uri.substring(uri.length() - 35);
  }

  /** The honest protocol beside what can be predicted without the model. */
  private static void baselines(StringBuilder text, Map<String, Double> metrics) {
    line(text, "%-42s %9s %20s", "without the prompt itself", "mean", "95 % interval");
    List<Comparison> all = Comparison.of(metrics);
    all.stream()
        .filter(Comparison::isPrincipal)
        .forEach(comparison -> withInterval(text, comparison));
    all.stream()
        .filter(comparison -> comparison.isWithoutTheModel() && comparison.honest() != null)
        .limit(BASELINES_SHOWN)
        .forEach(comparison -> withInterval(text, comparison));
    text.append('\n').append("The lower, the closer to the model.");
    AgainstNGram against = AgainstNGram.of(metrics);
    if (against != null) {
      text.append(' ').append(against.sentence());
    }

    text.append("\n\n");
  }

  private static void withInterval(StringBuilder text, Comparison comparison) {
    line(
        text,
        "%-42s %9.4f %20s",
        comparison.label(),
        comparison.honest().value(),
        comparison.honest().interval());
  }

  /** A run's figures, by its metrics and blocks. */
  public static String text(Map<String, Double> metrics, List<ReportData.Block> blocks) {
    StringBuilder text = new StringBuilder("\n");
    line(text, "%-28s %9s %9s %9s %9s", "Hellinger distance", "mean", "std", "min", "max");
    for (String name : List.of("compatible", "honest", NOISE_FLOOR)) {
      if (metrics.containsKey(name + ".hellinger.mean")) {
        distance(text, metrics, name);
      }
    }

    text.append(PROTOCOLS).append('\n');
    if (metrics.containsKey("honest.hellinger.ci95_low")) { // else of before there were intervals
      baselines(text, metrics);
    }

    line(
        text,
        "%,.0f prompts, %,.0f without evidence; top token agrees for %.1f %%",
        metrics.get("compatible.prompts"),
        metrics.get("compatible.prompts_without_evidence"),
        100 * metrics.get("compatible.top1"));
    text.append('\n');
    line(
        text,
        "%-6s %9s %9s %12s %12s %9s %12s",
        "block",
        "threshold",
        "weight",
        "similar mean",
        "std",
        "min",
        "max");
    for (ReportData.Block block : blocks) {
      line(
          text,
          "%-6d %9s %9s %,12.1f %,12.1f %,9.0f %,12.0f",
          block.block(),
          block.threshold(),
          block.weight(),
          block.similarMean(),
          block.similarStd(),
          block.similarMin(),
          block.similarMax());
    }

    return text.append('\n').toString();
  }

  private static void distance(StringBuilder text, Map<String, Double> metrics, String protocol) {
    figures(
        text,
        "  %-26s %9.4f %9.4f %9.4f %9.4f",
        protocol.equals(NOISE_FLOOR) ? "noise floor" : protocol,
        metrics,
        protocol);
  }

  private static void figures(
      StringBuilder text, String format, String label, Map<String, Double> metrics, String name) {
    line(
        text,
        format,
        label,
        metrics.get(name + ".hellinger.mean"),
        metrics.get(name + ".hellinger.std"),
        metrics.get(name + ".hellinger.min"),
        metrics.get(name + ".hellinger.max"));
  }

  private static void line(StringBuilder text, String format, Object... values) {
    text.append(String.format(Locale.ROOT, format, values)).append('\n');
  }
}
