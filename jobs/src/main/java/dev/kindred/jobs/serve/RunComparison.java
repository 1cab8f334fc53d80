/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.serve;

import dev.kindred.InvalidInput;
import dev.kindred.jobs.report.Chart;
import dev.kindred.jobs.report.DistributionChart;
import dev.kindred.jobs.report.Histogram;
import dev.kindred.jobs.report.Numbers;
import dev.kindred.jobs.run.RunPlan;
import dev.kindred.table.Warehouse;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;

/**
 * Two runs about the same prompts.
 *
 * @param a a run's id, as b
 * @param settings that differ
 * @param meanA mean honest distance
 * @param nearer prompts that b explains better
 * @param farther prompts that b explains worse
 * @param ofA honest distances of a's prompts, as ofB those of b's
 * @param every one prompt in so many has a dot
 * @param dots honest distances of a prompt in both runs, by ascending id
 * @param prompts those whose honest distance changed most
 */
public record RunComparison(
    String a,
    String b,
    List<Setting> settings,
    int count,
    double meanA,
    double meanB,
    int nearer,
    int farther,
    Histogram ofA,
    Histogram ofB,
    int every,
    List<Dot> dots,
    List<Change> prompts) {
  private static final int MOST = 100;

  /** Dots of the picture, at most. */
  static final int MOST_DOTS = 3_000;

  /** A prompt's honest distances in both runs. */
  public record Dot(double a, double b) {}

  /** A setting; null where a run has none. */
  public record Setting(String name, String a, String b) {}

  /** A prompt's honest distances. */
  public record Change(int promptId, String text, double a, double b) {
    /** Returns how much farther the second run is. */
    public double change() {
      return b - a;
    }
  }

  /**
   * Compares two runs.
   *
   * @param a a run's id or name, as b
   * @throws InvalidInput if one is not there, or they are about other prompts
   */
  public static RunComparison of(Warehouse warehouse, String a, String b) {
    RunPlan first = RunPlan.published(warehouse, a);
    RunPlan second = RunPlan.published(warehouse, b);
    if (!first.promptSet().equals(second.promptSet())) {
      throw new InvalidInput(
          "runs %s and %s are about other prompts (%s and %s) and cannot be compared one by one",
          a, b, first.promptSet(), second.promptSet());
    }

    List<RunView.PromptLine> ofA = RunView.prompts(warehouse, first);
    List<RunView.PromptLine> ofB = RunView.prompts(warehouse, second);
    List<Change> changes = new ArrayList<>();
    for (int i = 0; i < ofA.size(); i++) {
      changes.add(new Change(i, ofA.get(i).text(), ofA.get(i).honest(), ofB.get(i).honest()));
    }

    return of(
        first.runId(), second.runId(), settings(first.settings(), second.settings()), changes);
  }

  /** Compares the distances of all prompts, by ascending id. */
  static RunComparison of(String a, String b, List<Setting> settings, List<Change> changes) {
    int every = Math.max(1, (changes.size() + MOST_DOTS - 1) / MOST_DOTS);
    return new RunComparison(
        a,
        b,
        settings,
        changes.size(),
        changes.stream().mapToDouble(Change::a).average().orElse(Double.NaN),
        changes.stream().mapToDouble(Change::b).average().orElse(Double.NaN),
        (int) changes.stream().filter(change -> change.change() < 0).count(),
        (int) changes.stream().filter(change -> change.change() > 0).count(),
        Histogram.of(changes.stream().mapToDouble(Change::a).toArray()),
        Histogram.of(changes.stream().mapToDouble(Change::b).toArray()),
        every,
        IntStream.range(0, changes.size())
            .filter(i -> i % every == 0)
            .mapToObj(i -> new Dot(changes.get(i).a(), changes.get(i).b()))
            .toList(),
        changes.stream()
            .sorted(
                Comparator.<Change>comparingDouble(change -> -Math.abs(change.change()))
                    .thenComparingInt(Change::promptId))
            .limit(MOST)
            .toList());
  }

  /** Draws both distributions of distances over each other. */
  public Chart distributions() {
    return DistributionChart.of(
        List.of(
            new DistributionChart.Distribution("run A", "filled", ofA),
            new DistributionChart.Distribution("run B", "first", ofB)));
  }

  /** Draws a dot for each prompt: across its distance in run A, and up that in run B. */
  public Chart scatter() {
    double[] ofDotsA = dots.stream().mapToDouble(Dot::a).toArray();
    double[] ofDotsB = dots.stream().mapToDouble(Dot::b).toArray();
    double greatest =
        DoubleStream.concat(DoubleStream.of(ofDotsA), DoubleStream.of(ofDotsB)).max().orElse(1);
    Chart.Axis x = axis(greatest, "distance in run A");
    return Chart.of(
        String.format(
            Locale.ROOT,
            "The honest distance of %,d prompts in run B by that in run A: below the diagonal, where"
                + " B is nearer, are %,d, and above it %,d.",
            dots.size(),
            dots.stream().filter(dot -> dot.b() < dot.a()).count(),
            dots.stream().filter(dot -> dot.b() > dot.a()).count()),
        x,
        axis(greatest, "distance in run B"),
        List.of(
            new Chart.Series(
                "both the same",
                "diagonal",
                Chart.Shape.LINE,
                new double[] {0, x.greatest()},
                new double[] {0, x.greatest()}),
            new Chart.Series(
                every == 1 ? "a prompt" : "one prompt in " + Numbers.count(every),
                "prompt-dots",
                Chart.Shape.DOTS,
                ofDotsA,
                ofDotsB)));
  }

  private static Chart.Axis axis(double greatest, String title) {
    return Chart.Axis.upTo(greatest, title, value -> Numbers.fixed(value, 2));
  }

  private static List<Setting> settings(Map<String, String> a, Map<String, String> b) {
    TreeSet<String> names = new TreeSet<>(a.keySet());
    names.addAll(b.keySet());
    return names.stream()
        .filter(name -> !Objects.equals(a.get(name), b.get(name)))
        .map(name -> new Setting(name, a.get(name), b.get(name)))
        .toList();
  }
}
