/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.report;

import dev.kindred.evaluation.Summaries;
import dev.kindred.model.BlockVector;
import dev.kindred.table.Figures;
import dev.kindred.table.Figures.Measure;
import java.util.List;
import java.util.Locale;

/** A run's figures as a table for the terminal. */
public final class Summary {
  private static final int BASELINES_SHOWN = 3; // the closest
  private static final Measure NOISE_FLOOR = Measure.of(Summaries.NOISE_FLOOR, Summaries.HELLINGER);

  private static final String PROTOCOLS =
      """
      From 0, the same prediction as the model's, to 1, nothing in common. Compatible: as in the
      study, a prompt's own place in the corpus counts, too. Honest: it does not.
      """;

  private Summary() {}

  /**
   * The distances between a model and alternates of it, and a line for scripts.
   *
   * @param figures as {@link Summaries#noiseFloor} has them
   */
  public static String noiseFloor(
      String model, List<String> alternates, long prompts, Figures figures) {
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
          figures,
          Summaries.alternate(alternate));
    }

    figures(text, "  %-38s %9.4f %9.4f %9.4f %9.4f", "all", figures, NOISE_FLOOR);
    text.append('\n');
    Measure agreement = Measure.of(Summaries.NOISE_FLOOR, Summaries.TOP1);
    if (figures.has(agreement, "mean")) {
      line(text, "top token agrees for %.1f %%", 100 * figures.get(agreement, "mean"));
      text.append('\n');
    }

    line(
        text,
        "kindred: model=%s prompts=%d alternates=%d noise_floor=%.4f",
        model,
        prompts,
        alternates.size(),
        figures.get(NOISE_FLOOR, "mean"));
    return text.toString();
  }

  /** The end of a URI that is too long for its column. */
  private static String shortened(String uri) {
    return uri.length() <= 38 ? uri : "..." + uri.substring(uri.length() - 35);
  }

  /** The honest protocol beside what can be predicted without the model. */
  private static void baselines(StringBuilder text, Figures figures) {
    line(text, "%-42s %9s %20s", "without the prompt itself", "mean", "95 % interval");
    List<Comparison> all = Comparison.of(figures);
    all.stream()
        .filter(Comparison::isPrincipal)
        .forEach(comparison -> withInterval(text, comparison));
    all.stream()
        .filter(comparison -> comparison.isWithoutTheModel() && comparison.honest() != null)
        .limit(BASELINES_SHOWN)
        .forEach(comparison -> withInterval(text, comparison));
    text.append('\n').append("The lower, the closer to the model.");
    AgainstNGram against = AgainstNGram.of(figures);
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

  /**
   * A run's figures, by its metrics and blocks.
   *
   * @param vectors what is compared of blocks; only FFN outputs need not be named
   */
  public static String text(Figures figures, BlockVector vectors, List<ReportData.Block> blocks) {
    StringBuilder text = new StringBuilder("\n");
    line(text, "%-28s %9s %9s %9s %9s", "Hellinger distance", "mean", "std", "min", "max");
    Measure distance = Summaries.of(Summaries.HELLINGER);
    distance(text, figures, "compatible", distance.compatible());
    distance(text, figures, "honest", distance.honest());
    if (figures.has(NOISE_FLOOR, "mean")) {
      distance(text, figures, "noise floor", NOISE_FLOOR);
    }

    text.append(PROTOCOLS).append('\n');
    if (!Comparison.of(figures).isEmpty()) {
      baselines(text, figures);
    }

    line(
        text,
        "%,.0f prompts, %,.0f without evidence; top token agrees for %.1f %%",
        figures.get(Summaries.of(Summaries.PROMPTS).compatible(), "count"),
        figures.get(Summaries.of(Summaries.WITHOUT_EVIDENCE).compatible(), "count"),
        100 * figures.get(Summaries.of(Summaries.TOP1).compatible(), "mean"));
    text.append('\n');
    if (vectors != BlockVector.FFN_OUT) {
      line(text, "similarity is of %s (%s)", vectors.words(), vectors);
    }

    boolean hasRings = blocks.stream().anyMatch(block -> !block.rings().isEmpty());
    line(
        text,
        "%-6s %9s %9s %12s %12s %9s %12s",
        "block",
        "threshold",
        hasRings ? "rings" : "weight",
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
          hasRings ? String.valueOf(block.rings().size()) : String.valueOf(block.weight()),
          block.similarMean(),
          block.similarStd(),
          block.similarMin(),
          block.similarMax());
    }

    return text.append('\n').toString();
  }

  private static void distance(StringBuilder text, Figures figures, String label, Measure measure) {
    figures(text, "  %-26s %9.4f %9.4f %9.4f %9.4f", label, figures, measure);
  }

  private static void figures(
      StringBuilder text, String format, String label, Figures figures, Measure measure) {
    line(
        text,
        format,
        label,
        figures.get(measure, "mean"),
        figures.get(measure, "std"),
        figures.get(measure, "min"),
        figures.get(measure, "max"));
  }

  private static void line(StringBuilder text, String format, Object... values) {
    text.append(String.format(Locale.ROOT, format, values)).append('\n');
  }
}
