/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.report;

import static org.apache.spark.sql.functions.col;

import dev.kindred.InvalidInput;
import dev.kindred.explanation.Explanation;
import dev.kindred.explanation.Explanations;
import dev.kindred.explanation.Ranks;
import dev.kindred.prediction.Mixture;
import dev.kindred.table.Runs;
import dev.kindred.table.Tables;
import dev.kindred.table.Warehouse;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.functions;

/** Reads from a warehouse what a report shows. */
public final class ReportQueries {
  private static final int STRINGS = 8;
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss 'UTC'").withZone(ZoneOffset.UTC);

  private ReportQueries() {}

  /**
   * Reads a published run.
   *
   * @param tokenizerJson of the run's model
   * @param thresholds of the run, one a block
   * @param mixture of the run's blocks
   * @param losses of the model's training, or null
   * @param prompts how many to show, spread evenly from the best explained to the worst
   * @throws InvalidInput if the run is not published
   */
  public static ReportData read(
      Warehouse warehouse,
      String runId,
      String tokenizerJson,
      double[] thresholds,
      Mixture mixture,
      LossCurve losses,
      int prompts) {
    Row run =
        Runs.published(warehouse, runId)
            .orElseThrow(
                () ->
                    new InvalidInput(
                        "--run-id %s: not published yet; run the command evaluate first", runId));
    Map<String, Double> metrics = new LinkedHashMap<>();
    warehouse
        .part(Tables.SUMMARIES, runId)
        .read()
        .select("metric", "value")
        .collectAsList()
        .forEach(row -> metrics.put(row.getString(0), row.getDouble(1)));
    List<Row> distances =
        warehouse
            .part(Tables.DISTANCES, runId)
            .read()
            .select("prompt_id", "hellinger", "hellinger_leave_one_out")
            .sort("hellinger", "prompt_id")
            .collectAsList();
    return new ReportData(
        runId,
        TIME.format(run.getTimestamp(run.fieldIndex("published_at")).toInstant()),
        facts(run, warehouse, metrics),
        metrics,
        blocks(metrics, thresholds, mixture.weights()),
        joins(metrics, thresholds.length),
        curves(warehouse, runId, thresholds),
        losses,
        distances.stream().mapToDouble(row -> row.getDouble(1)).toArray(),
        shownPrompts(
            warehouse,
            run,
            new Explanations.Settings(thresholds, mixture, STRINGS),
            tokenizerJson,
            distances,
            prompts));
  }

  private static List<ReportData.Fact> facts(
      Row run, Warehouse warehouse, Map<String, Double> metrics) {
    Map<String, String> settings = run.getJavaMap(run.fieldIndex("settings"));
    Row windows =
        warehouse
            .part(Tables.WINDOWS, run.<String>getAs("corpus_id"))
            .read()
            .agg(functions.count("window_id"), functions.sum("occurrences"))
            .first();
    List<ReportData.Fact> facts = new ArrayList<>();
    facts.add(
        new ReportData.Fact(
            "corpus", settings.get("corpus") + " (" + run.<String>getAs("corpus_id") + ")"));
    facts.add(
        new ReportData.Fact(
            "windows",
            String.format(
                Locale.ROOT,
                "%,d distinct, %,d occurrences, %s tokens each",
                windows.getLong(0),
                windows.getLong(1),
                settings.get("window-length"))));
    facts.add(
        new ReportData.Fact(
            "model", settings.get("model") + " (" + run.<String>getAs("model_id") + ")"));
    facts.add(
        new ReportData.Fact(
            "prompts",
            String.format(
                Locale.ROOT,
                "%,.0f from %s, seed %s (%s)",
                metrics.get("compatible.prompts"),
                settings.get("prompts"),
                settings.get("prompt-seed"),
                run.<String>getAs("prompt_set"))));
    facts.add(new ReportData.Fact("run", run.getAs("run_id")));
    Map<String, String> versions = run.getJavaMap(run.fieldIndex("versions"));
    facts.add(
        new ReportData.Fact(
            "versions",
            versions.entrySet().stream()
                .sorted(Map.Entry.comparingByKey())
                .map(version -> version.getKey() + " " + version.getValue())
                .collect(Collectors.joining(", "))));
    return facts;
  }

  private static List<ThresholdCurve> curves(
      Warehouse warehouse, String runId, double[] thresholds) {
    Warehouse.Part part = warehouse.part(Tables.THRESHOLD_CURVES, runId);
    if (!part.isComplete()) { // an earlier version's run
      return List.of();
    }

    Map<Integer, List<ThresholdCurve.Point>> points = new TreeMap<>();
    part.read()
        .select("block", "threshold", "hellinger_leave_one_out")
        .sort("block", "threshold")
        .collectAsList()
        .forEach(
            row ->
                points
                    .computeIfAbsent(row.getInt(0), block -> new ArrayList<>())
                    .add(new ThresholdCurve.Point(row.getDouble(1), row.getDouble(2))));
    return points.entrySet().stream()
        .map(
            block ->
                new ThresholdCurve(block.getKey(), thresholds[block.getKey()], block.getValue()))
        .toList();
  }

  private static List<ReportData.Block> blocks(
      Map<String, Double> metrics, double[] thresholds, double[] weights) {
    List<ReportData.Block> blocks = new ArrayList<>();
    for (int block = 0; block < thresholds.length; block++) {
      String name = "block." + block + ".similar_strings.";
      blocks.add(
          new ReportData.Block(
              block,
              thresholds[block],
              weights[block],
              metrics.get(name + "mean"),
              metrics.get(name + "std"),
              metrics.get(name + "min"),
              metrics.get(name + "max")));
    }

    return blocks;
  }

  static List<ReportData.Join> joins(Map<String, Double> metrics, int blocks) {
    List<ReportData.Join> joins = new ArrayList<>();
    for (int block = 0; block < blocks; block++) {
      String name = "block." + block + ".join.";
      if (metrics.containsKey(name + "axes")) {
        joins.add(
            new ReportData.Join(
                block,
                metrics.get(name + "axes").intValue(),
                metrics.get(name + "by_prefix"),
                metrics.get(name + "by_float"),
                metrics.get(name + "by_double")));
      }
    }

    return joins;
  }

  private static List<Explanation> shownPrompts(
      Warehouse warehouse,
      Row run,
      Explanations.Settings settings,
      String tokenizerJson,
      List<Row> distances,
      int count) {
    List<Integer> shown = // prompt ids, from the best explained to the worst
        spread(distances.size(), count).stream()
            .map(place -> distances.get(place).getInt(0))
            .toList();
    Column isShown = col("prompt_id").isin(shown.toArray());
    String promptSet = run.getAs("prompt_set");
    String runId = run.getAs("run_id");
    Dataset<Row> ofRun = warehouse.part(Tables.DISTANCES, runId).read();
    Explanations.Findings findings =
        new Explanations.Findings(
            warehouse.part(Tables.PROMPTS, promptSet).read().where(isShown),
            warehouse
                .part(Tables.PREDICTIONS, run.<String>getAs("model_id"), promptSet)
                .read()
                .where(isShown),
            warehouse.part(Tables.SIMILAR_STRINGS, runId).read().where(isShown),
            warehouse.part(Tables.BLOCK_DISTRIBUTIONS, runId).read().where(isShown),
            warehouse.part(Tables.APPROXIMATIONS, runId).read().where(isShown),
            ofRun.where(isShown),
            warehouse.part(Tables.WINDOWS, run.<String>getAs("corpus_id")).read());
    return Explanations.of(findings, settings, tokenizerJson, Ranks.collect(ofRun))
        .collect()
        .stream()
        .sorted(Comparator.comparingInt(prompt -> shown.indexOf(prompt.promptId())))
        .toList();
  }

  /** Places spread evenly over 0 .. size - 1, both ends included, ascending and distinct. */
  static TreeSet<Integer> spread(int size, int count) {
    TreeSet<Integer> places = new TreeSet<>();
    for (int i = 0; i < count; i++) {
      places.add(count == 1 ? 0 : (int) ((long) i * (size - 1) / (count - 1)));
    }

    return places;
  }
}
