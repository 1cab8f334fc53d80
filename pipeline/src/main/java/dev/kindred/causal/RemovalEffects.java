/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.causal;

import dev.kindred.math.Bootstrap;
import dev.kindred.math.Bootstrap.Interval;
import dev.kindred.math.Hellinger;
import dev.kindred.table.Tables;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.spark.sql.Row;

/**
 * How far predictions move when what was chosen for them is taken out of the training text: against
 * the training of the same seed on the whole text, which has the same first weights and batches.
 */
public final class RemovalEffects {
  private RemovalEffects() {}

  /** A prediction by one training. */
  private record Predicted(double logProbability, double[] distribution) {}

  /** Which trainings belong together. */
  private record Case(String choice, int occurrences) {}

  /** What is known of a prompt in a case: means over the seeds. */
  private record Effect(double change, double distance) {}

  /**
   * Puts predictions together, with 95 % intervals over prompts. The choice {@code whole} compares
   * trainings on the whole text with each other, each seed with the next: what a seed alone moves.
   *
   * @param predictions rows of {@link Tables#RETRAINED_PREDICTIONS} of one question, in any order;
   *     what trainings predict of prompts of other groups than theirs is passed over
   * @param groups of each prompt, by its id
   * @return rows with the file columns of {@link Tables#REMOVAL_EFFECTS}, whole first
   */
  public static List<Row> summarized(List<Row> predictions, Map<Integer, Integer> groups) {
    // by case, then prompt, then seed
    Map<Case, SortedMap<Integer, SortedMap<Long, Predicted>>> all = new LinkedHashMap<>();
    for (Row row : predictions) {
      int prompt = row.getAs("prompt_id");
      Integer group = row.getAs("part");
      if (group == null || group.equals(groups.get(prompt))) {
        all.computeIfAbsent(
                new Case(row.getAs("choice"), row.getAs("occurrences")), its -> new TreeMap<>())
            .computeIfAbsent(prompt, its -> new TreeMap<>())
            .put(row.getAs("seed"), predicted(row));
      }
    }

    SortedMap<Integer, SortedMap<Long, Predicted>> whole =
        all.remove(new Case(Retraining.WHOLE, 0));
    List<Row> rows = new ArrayList<>();
    SortedMap<Integer, Effect> bySeed = new TreeMap<>();
    whole.forEach((prompt, ofSeeds) -> bySeed.put(prompt, bySeeds(ofSeeds)));
    rows.add(row(new Case(Retraining.WHOLE, 0), bySeed, seeds(whole), null));
    Map<Case, SortedMap<Integer, Effect>> effects = new LinkedHashMap<>();
    for (int occurrences :
        all.keySet().stream().map(Case::occurrences).distinct().sorted().toList()) {
      for (Choice choice : Choice.values()) {
        Case its = new Case(choice.text(), occurrences);
        if (all.containsKey(its)) {
          SortedMap<Integer, Effect> ofPrompts = new TreeMap<>();
          all.get(its)
              .forEach(
                  (prompt, ofSeeds) -> ofPrompts.put(prompt, against(ofSeeds, whole.get(prompt))));
          effects.put(its, ofPrompts);
        }
      }
    }

    effects.forEach(
        (its, ofPrompts) ->
            rows.add(
                row(
                    its,
                    ofPrompts,
                    seeds(all.get(its)),
                    effects.get(new Case(Choice.EVIDENCE.text(), its.occurrences())))));
    return rows;
  }

  private static Predicted predicted(Row row) {
    List<Float> logarithms = row.getList(row.fieldIndex("log_probabilities"));
    return new Predicted(
        row.<Float>getAs("log_probability"), logarithms.stream().mapToDouble(Math::exp).toArray());
  }

  private static int seeds(SortedMap<Integer, SortedMap<Long, Predicted>> ofPrompts) {
    return ofPrompts.values().stream().mapToInt(Map::size).max().orElse(0);
  }

  /** What changes from a seed to the next: without direction, so that the change is absolute. */
  private static Effect bySeeds(SortedMap<Long, Predicted> ofSeeds) {
    List<Predicted> all = List.copyOf(ofSeeds.values());
    double change = 0;
    double distance = 0;
    for (int i = 0; i < all.size(); i++) {
      Predicted next = all.get((i + 1) % all.size());
      change += Math.abs(all.get(i).logProbability() - next.logProbability());
      distance += Hellinger.distance(all.get(i).distribution(), next.distribution());
    }

    return new Effect(change / all.size(), distance / all.size());
  }

  private static Effect against(
      SortedMap<Long, Predicted> ofSeeds, SortedMap<Long, Predicted> whole) {
    double change = 0;
    double distance = 0;
    for (Map.Entry<Long, Predicted> one : ofSeeds.entrySet()) {
      Predicted before = whole.get(one.getKey());
      change += one.getValue().logProbability() - before.logProbability();
      distance += Hellinger.distance(one.getValue().distribution(), before.distribution());
    }

    return new Effect(change / ofSeeds.size(), distance / ofSeeds.size());
  }

  /**
   * A row of the table.
   *
   * @param evidence the effects of what similar strings choose; null where there are none
   */
  private static Row row(
      Case its,
      SortedMap<Integer, Effect> ofPrompts,
      int seeds,
      SortedMap<Integer, Effect> evidence) {
    double[] changes = ofPrompts.values().stream().mapToDouble(Effect::change).toArray();
    double[] distances = ofPrompts.values().stream().mapToDouble(Effect::distance).toArray();
    Interval[] intervals = Bootstrap.intervals(new double[][] {changes, distances});
    boolean isCompared = evidence != null && !its.choice().equals(Choice.EVIDENCE.text());
    double[] less = // the change of the evidence, less that of this
        isCompared
            ? ofPrompts.entrySet().stream()
                .mapToDouble(one -> evidence.get(one.getKey()).change() - one.getValue().change())
                .toArray()
            : null;
    Interval ofLess = isCompared ? Bootstrap.intervals(new double[][] {less})[0] : null;
    return Tables.REMOVAL_EFFECTS.row(
        its.choice(),
        its.occurrences(),
        changes.length,
        seeds,
        mean(changes),
        intervals[0].low(),
        intervals[0].high(),
        mean(distances),
        intervals[1].low(),
        intervals[1].high(),
        isCompared ? (Double) mean(less) : null,
        isCompared ? (Double) ofLess.low() : null,
        isCompared ? (Double) ofLess.high() : null);
  }

  private static double mean(double[] values) {
    return Arrays.stream(values).sum() / values.length;
  }
}
