/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.analysis;

import dev.kindred.InvalidInput;
import dev.kindred.corpus.Prompt;
import dev.kindred.corpus.Prompts;
import dev.kindred.jobs.option.Defaults;
import dev.kindred.jobs.option.ModelOptions;
import dev.kindred.jobs.report.Findings;
import dev.kindred.jobs.report.Findings.Element;
import dev.kindred.jobs.run.RunPlan;
import dev.kindred.jobs.run.RunRejected;
import dev.kindred.jobs.run.Stages;
import dev.kindred.jobs.workspace.Progress;
import dev.kindred.jobs.workspace.Workspace;
import dev.kindred.model.BlockVector;
import dev.kindred.model.Blocks;
import dev.kindred.model.files.ModelDirectory;
import dev.kindred.table.Figures;
import dev.kindred.table.Part;
import dev.kindred.table.Table;
import dev.kindred.table.Tables;
import dev.kindred.table.Warehouse;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.storage.StorageLevel;

/**
 * A published run that an analysis is about. Finding one checks that its model is still what it was
 * and that its prompts are there.
 */
public final class AnalysedRun {
  /** Tokens that a task runs through the model at once, whose residual streams it keeps. */
  private static final int TOKENS_IN_FLIGHT = 4096;

  private final Workspace workspace;
  private final Warehouse warehouse;
  private final RunPlan plan;
  private final ModelDirectory model;

  AnalysedRun(Workspace workspace, Warehouse warehouse, RunPlan plan, ModelDirectory model) {
    this.workspace = workspace;
    this.warehouse = warehouse;
    this.plan = plan;
    this.model = model;
  }

  /**
   * What options name, as it can be read without Spark.
   *
   * @param isGiven whether the user named the model; else it is the run's
   * @param vectors those that the user named
   * @param runId null for the run that was published last, of the model if that is given
   */
  record Found(ModelDirectory model, boolean isGiven, Optional<BlockVector> vectors, String runId) {
    private RunPlan plan(Warehouse warehouse) {
      return runId == null
          ? newest(warehouse, isGiven ? model : null, vectors)
          : RunPlan.published(warehouse, runId).about(vectors);
    }
  }

  /**
   * Finds the run that options name, and reads its model.
   *
   * @param runId null for the run that was published last, of the model if one is given
   * @param settings the command's, which say what the user gave
   * @throws InvalidInput if there is none, or its model has changed
   */
  static Found check(
      Warehouse warehouse,
      Configuration hadoop,
      ModelOptions options,
      String runId,
      Defaults settings) {
    boolean isGiven = options.isGiven(settings);
    Optional<BlockVector> vectors = options.givenVectors(settings);
    Found named = new Found(isGiven ? options.read(hadoop) : null, isGiven, vectors, runId);
    RunPlan plan = named.plan(warehouse);
    ModelDirectory model = isGiven ? plan.checked(named.model()) : plan.model(hadoop);
    Stages.checkTokenizer(warehouse, plan.corpusId(), plan.windowLength(), model);
    return new Found(model, isGiven, vectors, runId);
  }

  /**
   * Finds the run as it is once the warehouse is locked: while others had the lock, one of them may
   * have published another. The model is not read again, unless that run is of another one.
   *
   * @throws InvalidInput if the run is no longer there, or has left no prompts
   */
  static AnalysedRun locked(Workspace workspace, Warehouse warehouse, Found found) {
    RunPlan plan = found.plan(warehouse);
    ModelDirectory model =
        plan.modelId().equals(found.model().id()) ? found.model() : plan.model(workspace.hadoop());
    Stages.checkTokenizer(warehouse, plan.corpusId(), plan.windowLength(), model);
    AnalysedRun run = new AnalysedRun(workspace, warehouse, plan, model);
    run.prompts();
    return run;
  }

  private static RunPlan newest(
      Warehouse warehouse, ModelDirectory model, Optional<BlockVector> vectors) {
    return RunPlan.lastPublished(
            warehouse,
            run ->
                model == null
                    ? vectors.isEmpty() || vectors.get() == ModelDirectory.vectorsOf(run.modelId())
                    : run.modelId().equals(model.id()))
        .orElseThrow(
            () ->
                new InvalidInput(
                    "--warehouse %s: no published run%s in it; make one with the command run",
                    warehouse.root(),
                    model == null
                        ? vectors.map(given -> " with --vectors " + given).orElse("")
                        : " of the model " + model.uri() + " (" + model.id() + ")"));
  }

  SparkSession spark() {
    return workspace.spark();
  }

  Configuration hadoop() {
    return workspace.hadoop();
  }

  Progress progress() {
    return workspace.progress();
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
    return model.onExecutors(workspace.spark());
  }

  /** The run's rows of {@link Tables#PROMPTS}. */
  Dataset<Row> prompts() {
    return Stages.left(warehouse.part(Tables.PROMPTS, plan.promptSet()), "the command prompts");
  }

  /**
   * A prompt that an option gives, of any length that the model reads, without its escapes.
   *
   * @throws InvalidInput if the model has no token for it
   */
  Prompt prompt(String option, String text) {
    Prompts.Lengths lengths = Prompts.Lengths.upTo(model.contextLength());
    return Prompts.parse(option, text, model.tokenizerJson(), lengths);
  }

  /** Prompts of the run. */
  long promptCount() {
    return warehouse.part(Tables.PROMPTS, plan.promptSet()).rows();
  }

  /**
   * Returns a section about what was asked of a model, question by question.
   *
   * @param statement SQL by which the figures can be had
   * @param tables of which an answered question has filled all
   * @param ofQuestion what is shown of one; it may be nothing
   * @return nothing if there is nothing to show
   */
  Optional<Findings> ofQuestions(
      String title,
      String statement,
      String modelId,
      List<Table> tables,
      Function<String, List<Element>> ofQuestion) {
    List<Element> elements =
        warehouse.keys(tables.get(0), modelId).stream()
            .filter(
                question ->
                    tables.stream()
                        .allMatch(table -> warehouse.part(table, modelId, question).isComplete()))
            .flatMap(question -> ofQuestion.apply(question).stream())
            .toList();
    return elements.isEmpty()
        ? Optional.empty()
        : Optional.of(new Findings(title, elements, List.of(statement)));
  }

  /** Prompts that a task runs through the model at once. */
  int batchSize() {
    return Math.max(1, TOKENS_IN_FLIGHT / plan.windowLength());
  }

  /** Tasks of a batch each. */
  int tasks() {
    return (int) Math.max(1, (promptCount() + batchSize() - 1) / batchSize());
  }

  /** Returns the part of a table about the run's model and prompts. */
  Part part(Table table) {
    return warehouse.part(table, plan.modelId(), plan.promptSet());
  }

  /**
   * A part of a table that comes from what was measured.
   *
   * @param rows takes the part's rows out of what was measured
   */
  record Output(Part part, UnaryOperator<Dataset<Row>> rows) {}

  /**
   * Measures, writes the parts that are not there yet, in one step, and audits them.
   *
   * @param name of the step
   * @param count of the rows that are measured
   * @throws RunRejected if the audit finds a problem
   */
  void writeMissing(
      String name, double count, Supplier<Dataset<Row>> measure, List<Output> outputs) {
    Part[] parts = outputs.stream().map(Output::part).toArray(Part[]::new);
    if (outputs.stream().allMatch(output -> output.part().isComplete())) {
      for (Part part : parts) {
        progress().reused(name, part);
      }

      return;
    }

    progress()
        .step(
            name,
            () -> {
              Dataset<Row> measured =
                  progress().counted(measure.get(), count).persist(StorageLevel.MEMORY_AND_DISK());
              for (Output output : outputs) {
                if (!output.part().isComplete()) {
                  output.part().write(output.rows().apply(measured));
                }
              }

              measured.unpersist();
            },
            parts);
    audit(parts, warehouse.part(Tables.PROMPTS, plan.promptSet()));
  }

  private void audit(Part[] written, Part... beside) {
    Stages.audit(
        warehouse,
        plan.runId(),
        plan.windowLength(),
        model.shape(),
        Blocks.all(model.shape().blocks()).numbers(),
        List.of(written),
        beside);
  }

  /**
   * Puts an analysis's figures into {@code summaries}, unless they are there.
   *
   * @param analysis value of its column {@code analysis}
   */
  void summarize(String analysis, Supplier<Figures> figures) {
    Part part = warehouse.part(Tables.SUMMARIES, plan.runId(), analysis);
    if (!part.isComplete()) {
      part.write(figures.get().rows(spark()));
      audit(new Part[] {part});
    }
  }

  /** Returns the analyses that have figures of the run: values of the column {@code analysis}. */
  List<String> analyses() {
    return warehouse.keys(Tables.SUMMARIES, plan.runId());
  }

  /** Sends a value to the executors. */
  <T> Broadcast<T> broadcast(T value) {
    return JavaSparkContext.fromSparkContext(spark().sparkContext()).broadcast(value);
  }

  /** Returns the figures of an analysis; nothing if it was not summarized. */
  Optional<Figures> figures(String analysis) {
    Part part = warehouse.part(Tables.SUMMARIES, plan.runId(), analysis);
    return part.isComplete() ? Optional.of(Figures.of(part.read())) : Optional.empty();
  }
}
