/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.report;

import java.util.List;
import java.util.Map;
import java.util.function.DoubleFunction;

/**
 * A headline number.
 *
 * @param value as it is written
 * @param principal whether it is among the first to read
 */
record Tile(String label, String value, boolean principal) {

  private static final List<Headline> HEADLINES =
      List.of(
          new Headline(
              "compatible.hellinger.mean", "mean Hellinger distance", true, Numbers::precise),
          new Headline("honest.hellinger.mean", "mean, honest", true, Numbers::precise),
          new Headline("noise_floor.hellinger.mean", "mean between models", true, Numbers::precise),
          new Headline("compatible.top1", "same top token", true, Numbers::percent),
          new Headline("honest.top1", "same top token, honest", true, Numbers::percent),
          new Headline("compatible.hellinger.std", "standard deviation", false, Numbers::precise),
          new Headline("compatible.hellinger.min", "least distance", false, Numbers::precise),
          new Headline("compatible.hellinger.max", "greatest distance", false, Numbers::precise),
          new Headline("compatible.prompts", "prompts", false, Numbers::count),
          new Headline(
              "compatible.prompts_without_evidence",
              "prompts without evidence",
              false,
              Numbers::count));

  private record Headline(
      String metric, String label, boolean principal, DoubleFunction<String> format) {

    Tile tile(double value) {
      return new Tile(label, format.apply(value), principal);
    }
  }

  /** The headline numbers that the run has, in reading order. */
  static List<Tile> of(Map<String, Double> metrics) {
    return HEADLINES.stream()
        .filter(headline -> metrics.get(headline.metric()) != null)
        .map(headline -> headline.tile(metrics.get(headline.metric())))
        .toList();
  }
}
