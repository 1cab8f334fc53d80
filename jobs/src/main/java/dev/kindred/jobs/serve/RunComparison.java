/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.serve;

import dev.kindred.InvalidInput;
import dev.kindred.jobs.run.RunPlan;
import dev.kindred.table.Warehouse;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;

/**
 * Two runs about the same prompts.
 *
 * @param a a run's id, as b
 * @param settings that differ
 * @param meanA mean honest distance
 * @param nearer prompts that b explains better
 * @param farther prompts that b explains worse
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
    List<Change> prompts) {
  private static final int MOST = 100;

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

    return new RunComparison(
        first.runId(),
        second.runId(),
        settings(first.settings(), second.settings()),
        changes.size(),
        changes.stream().mapToDouble(Change::a).average().orElse(Double.NaN),
        changes.stream().mapToDouble(Change::b).average().orElse(Double.NaN),
        (int) changes.stream().filter(change -> change.change() < 0).count(),
        (int) changes.stream().filter(change -> change.change() > 0).count(),
        changes.stream()
            .sorted(
                Comparator.<Change>comparingDouble(change -> -Math.abs(change.change()))
                    .thenComparingInt(Change::promptId))
            .limit(MOST)
            .toList());
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
