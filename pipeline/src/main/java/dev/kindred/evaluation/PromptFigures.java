/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.evaluation;

import static org.apache.spark.sql.functions.col;

import dev.kindred.math.Bootstrap;
import dev.kindred.table.Tables;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.LinkedHashMap;
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
  private final Map<String, Double> metrics = new LinkedHashMap<>();
  private final List<Series> all = new ArrayList<>();

  /**
   * A value for each prompt, in prompt order.
   *
   * @param mean name of their mean, and of its interval without a last {@code .mean}
   */
  private record Series(String mean, double[] values) {
    private String name() {
      return mean.replaceFirst("\\.mean$", "");
    }

    private Series of(int[] prompts) {
      return new Series(mean, Arrays.stream(prompts).mapToDouble(p -> values[p]).toArray());
    }
  }

  private PromptFigures() {}

  /**
   * The figures of one run:
   *
   * <ul>
   *   <li>{@code baseline.<b>.hellinger.mean|std|min|max}: of each of the simple predictions, and
   *       {@code honest.baseline.<b>..} without the prompt's own window where that makes sense
   *   <li>{@code ngram.hellinger.mean|std|min|max}, {@code honest.ngram..}: the same of the
   *       baseline that is the n-gram to compare with
   *   <li>{@code honest.gain_over_ngram.mean|std|min|max}: by how much similar strings are closer
   *       than that n-gram: its distance less theirs, prompt by prompt
   *   <li>{@code <name>.ci95_low|ci95_high}: bounds of a {@link Bootstrap} interval of the mean of
   *       each {@code <name>}.hellinger, {@code compatible.top1} and {@code honest.top1}, and of
   *       the {@code noise_floor.hellinger} if there are alternates
   *   <li>{@code slice.<s>.prompts}, and {@code slice.<s>.<name>.mean|ci95_low|ci95_high} or {@code
   *       slice.<s>.compatible.top1}, ..: the same of each slice that has prompts
   * </ul>
   *
   * @param distances rows of {@link Tables#DISTANCES} of one run
   * @param baselines rows of {@link Tables#BASELINES} of the run
   * @param ngram name of the baseline that is the n-gram to compare with
   * @param alternates rows of {@link Tables#MODEL_DISTANCES} of each alternate
   * @param slices of the run's prompts, as {@link Slices#of} has them
   */
  public static Map<String, Double> of(
      Dataset<Row> distances,
      Dataset<Row> baselines,
      String ngram,
      List<Dataset<Row>> alternates,
      Dataset<Row> slices) {
    PromptFigures figures = new PromptFigures();
    figures.read(distances, baselines, ngram, alternates);
    figures.addIntervals("", figures.all);
    figures.addSlices(slices);
    return figures.metrics;
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
    String[] names = {
      "compatible.hellinger.mean", "honest.hellinger.mean", "compatible.top1", "honest.top1"
    };
    for (int i = 0; i < names.length; i++) {
      int column = i + 1;
      all.add(
          new Series(names[i], rows.stream().mapToDouble(row -> row.getDouble(column)).toArray()));
    }

    readBaselines(baselines, prompts, ngram);
    if (!alternates.isEmpty()) {
      readNoiseFloor(alternates, prompts);
    }
  }

  private void readBaselines(Dataset<Row> baselines, int[] prompts, String ngram) {
    Map<String, double[]> series = new TreeMap<>();
    // Not collected at once: there are many rows a prompt.
    Iterator<Row> rows =
        baselines
            .select("prompt_id", "baseline", "hellinger", "hellinger_leave_one_out")
            .toLocalIterator();
    while (rows.hasNext()) {
      Row row = rows.next();
      int prompt = Arrays.binarySearch(prompts, row.getInt(0));
      String name = "baseline." + row.getString(1) + ".hellinger";
      put(series, name, prompts.length, prompt, row.getDouble(2));
      if (!row.isNullAt(3)) {
        put(series, "honest." + name, prompts.length, prompt, row.getDouble(3));
      }
    }

    double[] ofNGram = series.get("honest.baseline." + ngram + ".hellinger");
    double[] ofStrings = all.get(1).values();
    double[] gains = new double[ofStrings.length];
    Arrays.setAll(gains, prompt -> ofNGram[prompt] - ofStrings[prompt]);
    series.put("ngram.hellinger", series.get("baseline." + ngram + ".hellinger"));
    series.put("honest.ngram.hellinger", ofNGram);
    series.put("honest.gain_over_ngram", gains);
    series.forEach(
        (name, values) -> {
          Summaries.describe(metrics, name, values);
          all.add(new Series(name + ".mean", values));
        });
  }

  private static void put(
      Map<String, double[]> series, String name, int length, int prompt, double value) {
    series.computeIfAbsent(name, first -> new double[length])[prompt] = value;
  }

  private void readNoiseFloor(List<Dataset<Row>> alternates, int[] prompts) {
    double[] means = new double[prompts.length];
    for (Dataset<Row> alternate : alternates) {
      List<Row> rows = alternate.select("prompt_id", "hellinger").sort("prompt_id").collectAsList();
      for (int prompt = 0; prompt < means.length; prompt++) {
        means[prompt] += rows.get(prompt).getDouble(1) / alternates.size();
      }
    }

    all.add(new Series("noise_floor.hellinger.mean", means));
  }

  private static Column agrees(String topToken) {
    return col(topToken).eqNullSafe(col("model_top_token")).cast("int").cast("double");
  }

  private void addIntervals(String prefix, List<Series> series) {
    Bootstrap.Interval[] intervals =
        Bootstrap.intervals(series.stream().map(Series::values).toArray(double[][]::new));
    for (int i = 0; i < intervals.length; i++) {
      String name = prefix + series.get(i).name();
      metrics.put(name + ".ci95_low", intervals[i].low());
      metrics.put(name + ".ci95_high", intervals[i].high());
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
              addSlice(
                  "slice." + slice + ".", prompts.stream().mapToInt(Integer::intValue).toArray()));
    }
  }

  private void addSlice(String prefix, int[] prompts) {
    metrics.put(prefix + "prompts", (double) prompts.length);
    List<Series> ofSlice = all.stream().map(series -> series.of(prompts)).toList();
    for (Series series : ofSlice) {
      metrics.put(prefix + series.mean(), Arrays.stream(series.values()).sum() / prompts.length);
    }

    addIntervals(prefix, ofSlice);
  }
}
