/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.report;

import dev.kindred.evaluation.Summaries;
import dev.kindred.table.Figures;
import dev.kindred.table.Figures.Measure;
import java.util.List;
import java.util.function.DoubleFunction;

/**
 * A headline number.
 *
 * @param value as it is written
 * @param principal whether it is among the first to read
 */
record Tile(String label, String value, boolean principal) {

  private static final Measure DISTANCE = Summaries.of(Summaries.HELLINGER);
  private static final Measure SAME_TOP_TOKEN = Summaries.of(Summaries.TOP1);
  private static final List<Headline> HEADLINES =
      List.of(
          new Headline(
              DISTANCE.honest(), "mean", "mean Hellinger distance", true, Numbers::precise),
          new Headline(DISTANCE.compatible(), "mean", "mean, compatible", true, Numbers::precise),
          new Headline(
              Measure.of(Summaries.NOISE_FLOOR, Summaries.HELLINGER),
              "mean",
              "mean between models",
              true,
              Numbers::precise),
          new Headline(SAME_TOP_TOKEN.honest(), "mean", "same top token", true, Numbers::percent),
          new Headline(
              SAME_TOP_TOKEN.compatible(),
              "mean",
              "same top token, compatible",
              true,
              Numbers::percent),
          new Headline(DISTANCE.honest(), "std", "standard deviation", false, Numbers::precise),
          new Headline(DISTANCE.honest(), "min", "least distance", false, Numbers::precise),
          new Headline(DISTANCE.honest(), "max", "greatest distance", false, Numbers::precise),
          new Headline(
              Summaries.of(Summaries.PROMPTS).compatible(),
              "count",
              "prompts",
              false,
              Numbers::count),
          new Headline(
              Summaries.of(Summaries.WITHOUT_EVIDENCE).compatible(),
              "count",
              "prompts without evidence",
              false,
              Numbers::count));

  private record Headline(
      Measure measure,
      String statistic,
      String label,
      boolean principal,
      DoubleFunction<String> format) {

    Tile tile(double value) {
      return new Tile(label, format.apply(value), principal);
    }
  }

  /** The headline numbers that the run has, in reading order. */
  static List<Tile> of(Figures figures) {
    return HEADLINES.stream()
        .filter(headline -> figures.has(headline.measure(), headline.statistic()))
        .map(headline -> headline.tile(figures.get(headline.measure(), headline.statistic())))
        .toList();
  }
}
