/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.bench;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.pmod;
import static org.apache.spark.sql.functions.xxhash64;

import dev.kindred.InvalidInput;
import dev.kindred.model.files.ModelDirectory;
import dev.kindred.similarity.JoinComparison;
import dev.kindred.similarity.NextTokens;
import dev.kindred.similarity.PromptVector;
import dev.kindred.table.Runs;
import dev.kindred.table.Tables;
import dev.kindred.table.Warehouse;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/** The newest run of a warehouse, with its settings and the tables that it was made from. */
final class RunTables {
  private static final int HASHES = 1 << 20;

  private final SparkSession spark;
  private final Warehouse warehouse;
  private final Row run;
  private final Map<String, String> settings;
  private final ModelDirectory model;
  private final Dataset<Row> windows;
  private final long windowCount;

  /**
   * @throws InvalidInput if nothing is published there, or the model has changed since
   */
  RunTables(SparkSession spark, String uri) {
    this.spark = spark;
    this.warehouse = new Warehouse(spark, uri);
    String runId =
        Runs.newestPublished(warehouse)
            .orElseThrow(() -> new InvalidInput("--warehouse %s: no run is published there", uri))
            .runId();
    this.run = warehouse.part(Tables.RUNS, runId).read().first();
    this.settings = run.getJavaMap(run.fieldIndex("settings"));
    this.model =
        ModelDirectory.read(settings.get("model"), spark.sparkContext().hadoopConfiguration());
    if (!model.id().equals(run.<String>getAs("model_id"))) {
      throw new InvalidInput("--warehouse %s: its model %s has changed", uri, model.uri());
    }

    this.windows = warehouse.part(Tables.WINDOWS, run.<String>getAs("corpus_id")).read();
    this.windowCount = windows.count();
  }

  ModelDirectory model() {
    return model;
  }

  /** Windows that a task evaluates at once. */
  private int windowsInFlight() {
    int nodes = Integer.parseInt(settings.get("nodes-in-flight"));
    return Math.max(1, nodes / Integer.parseInt(settings.get("window-length")));
  }

  /**
   * Batches of windows' tokens as a run evaluates them, neighbours in lexicographic order; the
   * batches are spread evenly over the corpus.
   *
   * @param wanted number of batches; there are fewer if the corpus has not so many
   */
  List<int[][]> batches(int wanted) {
    int size = (int) Math.min(windowsInFlight(), windowCount);
    long all = windowCount / size;
    long count = Math.min(wanted, all);
    Set<Long> chosen = new HashSet<>();
    for (long i = 0; i < count; i++) {
      chosen.add(i * all / count);
    }

    List<int[]> sorted =
        windows
            .select("token_ids")
            .sort("token_ids")
            .toJavaRDD()
            .zipWithIndex()
            .filter(window -> chosen.contains(window._2() / size))
            .map(
                window ->
                    window._1().<Integer>getList(0).stream().mapToInt(Integer::intValue).toArray())
            .collect();
    List<int[][]> batches = new ArrayList<>();
    for (int from = 0; from < sorted.size(); from += size) {
      batches.add(sorted.subList(from, from + size).toArray(int[][]::new));
    }

    return batches;
  }

  int blocks() {
    return model.shape().blocks();
  }

  /**
   * A block with a sample of the windows, drawn evenly from the whole corpus by a hash; no other
   * window leaves the tasks that read the block.
   *
   * @param sample windows wanted, about
   */
  JoinComparison.Block block(int block, int sample) {
    String modelId = model.id();
    long hashes = Math.max(1, (long) ((double) sample / windowCount * HASHES));
    Column chosen = pmod(xxhash64(col("window_id")), lit(HASHES)).lt(hashes);
    Dataset<Row> activations =
        warehouse
            .part(Tables.ACTIVATIONS, modelId, run.getAs("corpus_id"), block)
            .read()
            .where(chosen);
    List<JoinComparison.Window> vectors =
        activations
            .select(col("window_id").as("id"), col("ffn_out").as("ffnOut"))
            .as(Encoders.bean(JoinComparison.Window.class))
            .collectAsList();
    return new JoinComparison.Block(
        vectors,
        NextTokens.collect(windows.where(chosen)),
        prompts(block),
        threshold(block),
        model.shape().vocabularySize(),
        keepSimilar());
  }

  private List<PromptVector> prompts(int block) {
    String promptSet = run.getAs("prompt_set");
    Dataset<Row> prompts = warehouse.part(Tables.PROMPTS, promptSet).read();
    return PromptVector.collect(
        warehouse.part(Tables.PROMPT_ACTIVATIONS, model.id(), promptSet, block).read(), prompts);
  }

  private double threshold(int block) {
    String[] thresholds = settings.get("thresholds").replaceAll("[\\[\\]\\s]", "").split(",");
    return Double.parseDouble(thresholds[block]);
  }

  private int keepSimilar() {
    String keep = settings.get("keep-similar");
    return keep.equals("all") ? Integer.MAX_VALUE : Integer.parseInt(keep);
  }
}
