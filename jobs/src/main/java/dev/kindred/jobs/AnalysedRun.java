/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs;

import dev.kindred.InvalidInput;
import dev.kindred.corpus.CorpusScan;
import dev.kindred.corpus.Prompts;
import dev.kindred.evaluation.Summaries;
import dev.kindred.model.ModelDirectory;
import dev.kindred.table.Tables;
import dev.kindred.table.Warehouse;
import java.util.Map;
import java.util.function.Supplier;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/**
 * A published run that an analysis is about. Finding one checks that its model is still what it was
 * and that its prompts are there.
 */
final class AnalysedRun {
  /** Tokens that a task runs through the model at once, whose residual streams it keeps. */
  private static final int TOKENS_IN_FLIGHT = 4096;

  private final SparkSession spark;
  private final Progress progress;
  private final Warehouse warehouse;
  private final RunPlan plan;
  private final ModelDirectory model;

  private AnalysedRun(
      SparkSession spark,
      Progress progress,
      Warehouse warehouse,
      RunPlan plan,
      ModelDirectory model) {
    this.spark = spark;
    this.progress = progress;
    this.warehouse = warehouse;
    this.plan = plan;
    this.model = model;
  }

  /**
   * The run that options name; without one the run that was published last, of the model if one is
   * given.
   *
   * @throws InvalidInput if there is none, or its model has changed
   */
  static AnalysedRun find(
      SparkSession spark, Progress progress, Warehouse warehouse, CommandOptions options) {
    Found found = check(warehouse, spark.sparkContext().hadoopConfiguration(), options);
    AnalysedRun run = new AnalysedRun(spark, progress, warehouse, found.plan(), found.model());
    run.prompts();
    return run;
  }

  /** A run and its model. */
  record Found(RunPlan plan, ModelDirectory model) {}

  /** The same without what only Spark can read. */
  static Found check(Warehouse warehouse, Configuration hadoop, CommandOptions options) {
    ModelDirectory given =
        options.settings().isGiven(Setting.MODEL)
            ? ModelDirectory.read(options.settings().model(), hadoop)
            : null;
    RunPlan plan =
        options.runId() == null
            ? newest(warehouse, given)
            : RunPlan.published(warehouse, options.runId());
    ModelDirectory model = given == null ? plan.model(hadoop) : plan.checked(given);
    checkTokenizer(
        warehouse,
        plan.corpusId(),
        Integer.parseInt(plan.settings().get(Setting.WINDOW_LENGTH.key())),
        model);
    return new Found(plan, model);
  }

  /**
   * Checks that a model's tokenizer is the one that cut a corpus. Its id and its weights can be a
   * run's though its tokenizer is not.
   *
   * @throws InvalidInput if it is another one
   */
  static void checkTokenizer(
      Warehouse warehouse, String corpusId, int windowLength, ModelDirectory model) {
    Warehouse.Part windows = warehouse.part(Tables.WINDOWS, corpusId);
    if (windows.isComplete()
        && !CorpusScan.isCutBy(windows.properties(), model.tokenizerJson(), windowLength)) {
      throw new InvalidInput(
          "--model %s: its tokenizer.json is not the one that corpus %s was cut with; give the"
              + " model's directory as it was, or run again with this one",
          model.uri(), corpusId);
    }
  }

  private static RunPlan newest(Warehouse warehouse, ModelDirectory model) {
    return RunPlan.lastPublished(
            warehouse, run -> model == null || run.modelId().equals(model.id()))
        .orElseThrow(
            () ->
                new InvalidInput(
                    "--warehouse %s: no published run%s in it; make one with the command run",
                    warehouse.root(),
                    model == null ? "" : " of the model " + model.uri() + " (" + model.id() + ")"));
  }

  SparkSession spark() {
    return spark;
  }

  Progress progress() {
    return progress;
  }

  Warehouse warehouse() {
    return warehouse;
  }

  RunPlan plan() {
    return plan;
  }

  ModelDirectory model() {
    return model;
  }

  /** The model for tasks. */
  Broadcast<ModelDirectory> onExecutors() {
    return JavaSparkContext.fromSparkContext(spark.sparkContext()).broadcast(model);
  }

  /** The run's rows of {@link Tables#PROMPTS}. */
  Dataset<Row> prompts() {
    return required(warehouse.part(Tables.PROMPTS, plan.promptSet()), "the command prompts");
  }

  /**
   * Rows of what a run has left.
   *
   * @param commands that compute them: {@code the command prompts}
   * @throws InvalidInput if they are not there
   */
  static Dataset<Row> required(Warehouse.Part part, String commands) {
    if (!part.isComplete()) {
      throw new InvalidInput(
          "%s is not there; compute it again with the run's settings, by %s",
          part.name(), commands);
    }

    return part.read();
  }

  /**
   * A prompt that an option gives, of any length that the model reads, without its escapes.
   *
   * @throws InvalidInput if the model has no token for it
   */
  String prompt(String option, String text) {
    Prompts.Lengths lengths = Prompts.Lengths.upTo(model.shape().contextLength());
    return Prompts.parse(option, text, model.tokenizerJson(), lengths);
  }

  /** Prompts of the run. */
  long promptCount() {
    return warehouse.part(Tables.PROMPTS, plan.promptSet()).rows();
  }

  /** Prompts that a task runs through the model at once. */
  int batchSize() {
    int windowLength = Integer.parseInt(plan.settings().get(Setting.WINDOW_LENGTH.key()));
    return Math.max(1, TOKENS_IN_FLIGHT / windowLength);
  }

  /** Tasks of a batch each. */
  int tasks() {
    return (int) Math.max(1, (promptCount() + batchSize() - 1) / batchSize());
  }

  /**
   * Writes parts that are not there yet, in one step.
   *
   * @param name of the step
   */
  void writeMissing(String name, Runnable write, Warehouse.Part... parts) {
    for (Warehouse.Part part : parts) {
      if (!part.isComplete()) {
        progress.step(name, write, parts);
        return;
      }
    }

    for (Warehouse.Part part : parts) {
      progress.reused(name, part);
    }
  }

  /**
   * Puts an analysis's figures into {@code summaries}, unless they are there.
   *
   * @param analysis value of its column {@code analysis}
   */
  void summarize(String analysis, Supplier<Map<String, Double>> metrics) {
    Warehouse.Part part = warehouse.part(Tables.SUMMARIES, plan.runId(), analysis);
    if (!part.isComplete()) {
      part.write(Summaries.rows(spark, metrics.get()));
    }
  }

  /** The figures of an analysis that has been summarized. */
  Map<String, Double> metrics(String analysis) {
    return Summaries.metrics(warehouse.part(Tables.SUMMARIES, plan.runId(), analysis).read());
  }
}
