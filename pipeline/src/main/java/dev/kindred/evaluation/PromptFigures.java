/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.evaluation;

import static org.apache.spark.sql.functions.col;

import dev.kindred.math.Bootstrap;
import dev.kindred.table.Figures;
import dev.kindred.table.Figures.Measure;
import dev.kindred.table.Tables;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/**
 * Figures that take a value of every prompt: how the approximations compare with simple
 * predictions, over all prompts and over each of the {@link Slices}, with an interval for every
 * mean.
 */
public final class PromptFigures {
  /** The baseline that is the n-gram to compare with, under a name that does not tell which. */
  public static final String NGRAM = "ngram";

  /** By how much similar strings are closer than that n-gram: its distance less theirs. */
  public static final Measure GAIN = Summaries.of("gain_over_ngram").honest();

  private final Figures figures = new Figures();
  private final List<Series> all = new ArrayList<>();

  /** A value for each prompt, in prompt order. */
  private record Series(Measure measure, double[] values) {
    private Series of(int[] prompts) {
      return new Series(measure, Arrays.stream(prompts).mapToDouble(p -> values[p]).toArray());
    }
  }

  private PromptFigures() {}

  /**
   * Returns figures of one run:
   *
   * <ul>
   *   <li>mean, std, min and max of the distance of each baseline, and of it as {@link #NGRAM} if
   *       it is the n-gram to compare with: compatible, and honest where that makes sense
   *   <li>the same of {@link #GAIN}
   *   <li>ci95_low and ci95_high: bounds of a {@link Bootstrap} interval of the mean of each
   *       distance, of that gain, of whether top tokens agree, and of the noise floor if there are
   *       alternates
   *   <li>count of {@link Summaries#PROMPTS} of each slice that has prompts, and mean, ci95_low and
   *       ci95_high of all these in it
   * </ul>
   *
   * @param distances rows of {@link Tables#DISTANCES} of one run
   * @param baselines rows of {@link Tables#BASELINES} of the run
   * @param ngram name of the baseline that is the n-gram to compare with
   * @param alternates rows of {@link Tables#MODEL_DISTANCES} of each alternate
   * @param slices of the run's prompts, as {@link Slices#of} has them
   */
  public static Figures of(
      Dataset<Row> distances,
      Dataset<Row> baselines,
      String ngram,
      List<Dataset<Row>> alternates,
      Dataset<Row> slices) {
    PromptFigures all = new PromptFigures();
    all.read(distances, baselines, ngram, alternates);
    all.addIntervals(null, all.all);
    all.addSlices(slices);
    return all.figures;
  }

  private void read(
      Dataset<Row> distances, Dataset<Row> baselines, String ngram, List<Dataset<Row>> alternates) {
    List<Row> rows =
        distances
            .select(
                col("prompt_id"),
                col("hellinger"),
                col("hellinger_leave_one_out"),
                agrees("top_token"),
                agrees("leave_one_out_top_token"))
            .sort("prompt_id")
            .collectAsList();
    int[] prompts = rows.stream().mapToInt(row -> row.getInt(0)).toArray();
    Measure[] measures = {
      Summaries.of(Summaries.HELLINGER).compatible(),
      Summaries.of(Summaries.HELLINGER).honest(),
      Summaries.of(Summaries.TOP1).compatible(),
      Summaries.of(Summaries.TOP1).honest()
    };
    for (int i = 0; i < measures.length; i++) {
      int column = i + 1;
      all.add(
          new Series(
              measures[i], rows.stream().mapToDouble(row -> row.getDouble(column)).toArray()));
    }

    readBaselines(baselines, prompts, ngram);
    if (!alternates.isEmpty()) {
      readNoiseFloor(alternates, prompts);
    }
  }

  private void readBaselines(Dataset<Row> baselines, int[] prompts, String ngram) {
    Map<Measure, double[]> series =
        new TreeMap<>(Comparator.comparing(Measure::series).thenComparing(Measure::protocol));
    // Not collected at once: there are many rows a prompt.
    Iterator<Row> rows =
        baselines
            .select("prompt_id", "baseline", "hellinger", "hellinger_leave_one_out")
            .toLocalIterator();
    while (rows.hasNext()) {
      Row row = rows.next();
      int prompt = Arrays.binarySearch(prompts, row.getInt(0));
      Measure of = Measure.of(row.getString(1), Summaries.HELLINGER);
      put(series, of.compatible(), prompts.length, prompt, row.getDouble(2));
      if (!row.isNullAt(3)) {
        put(series, of.honest(), prompts.length, prompt, row.getDouble(3));
      }
    }

    Measure strongest = Measure.of(ngram, Summaries.HELLINGER);
    Measure named = Measure.of(NGRAM, Summaries.HELLINGER);
    double[] ofNGram = series.get(strongest.honest());
    double[] ofStrings = all.get(1).values();
    double[] gains = new double[ofStrings.length];
    Arrays.setAll(gains, prompt -> ofNGram[prompt] - ofStrings[prompt]);
    series.put(named.compatible(), series.get(strongest.compatible()));
    series.put(named.honest(), ofNGram);
    series.put(GAIN, gains);
    series.forEach(
        (measure, values) -> {
          figures.describe(measure, values);
          all.add(new Series(measure, values));
        });
  }

  private static void put(
      Map<Measure, double[]> series, Measure measure, int length, int prompt, double value) {
    series.computeIfAbsent(measure, first -> new double[length])[prompt] = value;
  }

  private void readNoiseFloor(List<Dataset<Row>> alternates, int[] prompts) {
    double[] means = new double[prompts.length];
    for (Dataset<Row> alternate : alternates) {
      List<Row> rows = alternate.select("prompt_id", "hellinger").sort("prompt_id").collectAsList();
      for (int prompt = 0; prompt < means.length; prompt++) {
        means[prompt] += rows.get(prompt).getDouble(1) / alternates.size();
      }
    }

    all.add(new Series(Measure.of(Summaries.NOISE_FLOOR, Summaries.HELLINGER), means));
  }

  private static Column agrees(String topToken) {
    return col(topToken).eqNullSafe(col("model_top_token")).cast("int").cast("double");
  }

  private void addIntervals(String slice, List<Series> series) {
    Bootstrap.Interval[] intervals =
        Bootstrap.intervals(series.stream().map(Series::values).toArray(double[][]::new));
    for (int i = 0; i < intervals.length; i++) {
      figures
          .put(series.get(i).measure().in(slice), "ci95_low", intervals[i].low())
          .put(series.get(i).measure().in(slice), "ci95_high", intervals[i].high());
    }
  }

  private void addSlices(Dataset<Row> slices) {
    List<Row> rows = slices.sort("prompt_id").collectAsList();
    for (String kind : Slices.KINDS) {
      Map<String, List<Integer>> members = new TreeMap<>();
      for (int prompt = 0; prompt < rows.size(); prompt++) {
        String slice = rows.get(prompt).getAs(kind);
        members.computeIfAbsent(slice, name -> new ArrayList<>()).add(prompt);
      }

      members.forEach(
          (slice, prompts) ->
              addSlice(slice, prompts.stream().mapToInt(Integer::intValue).toArray()));
    }
  }

  private void addSlice(String slice, int[] prompts) {
    figures.put(Summaries.of(Summaries.PROMPTS).compatible().in(slice), "count", prompts.length);
    List<Series> ofSlice = all.stream().map(series -> series.of(prompts)).toList();
    for (Series series : ofSlice) {
      figures.put(
          series.measure().in(slice),
          "mean",
          Arrays.stream(series.values()).sum() / prompts.length);
    }

    addIntervals(slice, ofSlice);
  }
}
