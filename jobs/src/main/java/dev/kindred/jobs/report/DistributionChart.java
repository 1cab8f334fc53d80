/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Draws distributions of prompts' distances over each other, each with its mean. */
public final class DistributionChart {
  /** Room above the highest step, in which means have their labels. */
  private static final double HEADROOM = 1.15;

  private DistributionChart() {}

  /**
   * A distribution.
   *
   * @param name what the distances are of, as it is told
   * @param style its class in the page's style
   */
  public record Distribution(String name, String style, Histogram histogram) {}

  /** The distributions of a run: of its similar strings, and of what else it has. */
  static Chart of(PromptDistances distances) {
    List<Distribution> there = new ArrayList<>();
    there.add(new Distribution("similar strings", "strings", Histogram.of(distances.strings())));
    there.add(new Distribution("n-gram", "ngram", Histogram.of(distances.ngram())));
    there.add(new Distribution("noise floor", "floor", Histogram.of(distances.noiseFloor())));
    Chart chart =
        of(there.stream().filter(distribution -> !distribution.histogram().isEmpty()).toList());
    return new Chart(
        chart.alt(),
        chart.x(),
        chart.y(),
        chart.series(),
        chart.marks(),
        columns(there.get(0).histogram()));
  }

  /** Draws distributions, those with most ink first. */
  public static Chart of(List<Distribution> distributions) {
    int fullest =
        distributions.stream()
            .mapToInt(distribution -> distribution.histogram().fullest())
            .max()
            .orElse(0);
    return new Chart(
        alt(distributions),
        Chart.Axis.upTo(1, "Hellinger distance", value -> Numbers.fixed(value, 1)),
        Chart.Axis.upTo(HEADROOM * Math.max(1, fullest), "prompts", Numbers::count),
        distributions.stream().map(DistributionChart::series).toList(),
        distributions.stream()
            .map(
                distribution ->
                    new Chart.Mark(
                        distribution.name()
                            + " "
                            + Numbers.precise(distribution.histogram().mean()),
                        distribution.style(),
                        distribution.histogram().mean()))
            .toList(),
        List.of());
  }

  private static String alt(List<Distribution> distributions) {
    return String.format(
        Locale.ROOT,
        "Distributions of the Hellinger distances of %s prompts, in bins of 0.02; %s",
        Numbers.count(
            distributions.stream()
                .mapToInt(distribution -> distribution.histogram().total())
                .max()
                .orElse(0)),
        distributions.stream().map(DistributionChart::inWords).collect(Collectors.joining(" ")));
  }

  private static String inWords(Distribution distribution) {
    int[] counts = distribution.histogram().counts();
    int fullest =
        IntStream.range(0, counts.length).reduce(0, (a, b) -> counts[b] > counts[a] ? b : a);
    return String.format(
        Locale.ROOT,
        "%s: mean %s; most, %s, are from %.2f to %.2f.",
        distribution.name(),
        Numbers.precise(distribution.histogram().mean()),
        Numbers.count(counts[fullest]),
        Histogram.edge(fullest),
        Histogram.edge(fullest + 1));
  }

  private static Chart.Series series(Distribution distribution) {
    return new Chart.Series(
        distribution.name(),
        distribution.style(),
        Chart.Shape.STEPS,
        Histogram.edges(),
        IntStream.of(distribution.histogram().counts()).asDoubleStream().toArray());
  }

  /** Bins that have prompts, with the addresses at which the explorer of a report lists them. */
  private static List<Chart.Column> columns(Histogram histogram) {
    return IntStream.range(0, Histogram.BINS)
        .filter(bin -> histogram.counts()[bin] > 0)
        .mapToObj(
            bin ->
                new Chart.Column(
                    String.format(
                        Locale.ROOT,
                        "%,d %s from %.2f to %.2f",
                        histogram.counts()[bin],
                        histogram.counts()[bin] == 1 ? "prompt" : "prompts",
                        Histogram.edge(bin),
                        Histogram.edge(bin + 1)),
                    String.format(
                        Locale.ROOT,
                        "from=%.2f&to=%.2f",
                        Histogram.edge(bin),
                        Histogram.edge(bin + 1)),
                    Histogram.edge(bin),
                    Histogram.edge(bin + 1)))
        .toList();
  }
}
