/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.causal;

import dev.kindred.math.Bootstrap;
import dev.kindred.math.Bootstrap.Interval;
import dev.kindred.math.RankCorrelation;
import dev.kindred.table.Tables;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.apache.spark.sql.Row;

/**
 * The linear datamodeling score (Park et al., "TRAK", 2023): how well the sum of the scores of the
 * units that a model was trained on tells which of several models gives a prompt's explained token
 * the greater probability. Of each prompt the rank correlation over models, each trained on a
 * random half of the units; then the mean over prompts.
 */
public final class Datamodels {
  /** The score of another seed: the same halves trained once more. */
  public static final String SEED = "another seed";

  private Datamodels() {}

  /**
   * Correlates all scores.
   *
   * @param predictions rows of {@link Tables#RETRAINED_PREDICTIONS} of halves
   * @param halves the units of each
   * @param scores of all prompts
   * @param firstSeed the seed with which each half was trained
   * @return rows with the file columns of {@link Tables#DATAMODEL_SCORES}
   */
  public static List<Row> correlated(
      List<Row> predictions, List<BitSet> halves, List<UnitScores> scores, long firstSeed) {
    // by seed, then prompt, then half: ln p of the explained token
    Map<Long, SortedMap<Integer, SortedMap<Integer, Double>>> measured = new LinkedHashMap<>();
    for (Row row : predictions) {
      measured
          .computeIfAbsent(row.getAs("seed"), its -> new TreeMap<>())
          .computeIfAbsent(row.getAs("prompt_id"), its -> new TreeMap<>())
          .put(row.getAs("part"), (double) row.<Float>getAs("log_probability"));
    }

    SortedMap<Integer, SortedMap<Integer, Double>> first = measured.remove(firstSeed);
    Map<String, List<Double>> correlations = new LinkedHashMap<>();
    for (UnitScores ofPrompt : scores) {
      double[] predicted =
          halves.stream().mapToDouble(half -> sum(ofPrompt.ofUnits(), half)).toArray();
      double[] found =
          first.get(ofPrompt.promptId()).values().stream()
              .mapToDouble(Double::doubleValue)
              .toArray();
      correlations
          .computeIfAbsent(ofPrompt.score(), its -> new ArrayList<>())
          .add(correlation(predicted, found));
    }

    List<Row> rows = new ArrayList<>();
    correlations.forEach((score, ofPrompts) -> rows.add(row(score, halves.size(), ofPrompts)));
    measured.forEach(
        (seed, again) -> {
          int repeated = again.values().iterator().next().size();
          rows.add(
              row(
                  SEED,
                  repeated,
                  again.entrySet().stream()
                      .map(one -> ofSeeds(first.get(one.getKey()), one.getValue()))
                      .toList()));
        });
    return rows;
  }

  private static double ofSeeds(
      SortedMap<Integer, Double> first, SortedMap<Integer, Double> again) {
    return correlation(
        again.keySet().stream().mapToDouble(first::get).toArray(),
        again.values().stream().mapToDouble(Double::doubleValue).toArray());
  }

  /** Scores that are all equal tell nothing. */
  private static double correlation(double[] predicted, double[] found) {
    double correlation = RankCorrelation.of(predicted, found);
    return Double.isNaN(correlation) ? 0 : correlation;
  }

  private static double sum(double[] scores, BitSet units) {
    return IntStream.range(0, scores.length).filter(units::get).mapToDouble(i -> scores[i]).sum();
  }

  private static Row row(String score, int halves, List<Double> ofPrompts) {
    double[] values = ofPrompts.stream().mapToDouble(Double::doubleValue).toArray();
    Interval interval = Bootstrap.intervals(new double[][] {values})[0];
    return Tables.DATAMODEL_SCORES.row(
        score,
        halves,
        values.length,
        Arrays.stream(values).sum() / values.length,
        interval.low(),
        interval.high());
  }
}
