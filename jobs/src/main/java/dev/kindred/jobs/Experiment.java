/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.lit;

import dev.kindred.InvalidInput;
import dev.kindred.activation.Activations;
import dev.kindred.baseline.NGramFit;
import dev.kindred.corpus.Corpus;
import dev.kindred.corpus.CorpusScan;
import dev.kindred.corpus.Prompts;
import dev.kindred.corpus.Tokens;
import dev.kindred.corpus.Windows;
import dev.kindred.evaluation.ModelDistances;
import dev.kindred.evaluation.Summaries;
import dev.kindred.kernel.TileKernels;
import dev.kindred.model.GpuTasks;
import dev.kindred.model.LanguageModel;
import dev.kindred.model.LoadedModels;
import dev.kindred.model.ModelDirectory;
import dev.kindred.model.ModelShape;
import dev.kindred.prediction.Mixture;
import dev.kindred.prediction.Predictions;
import dev.kindred.table.Tables;
import dev.kindred.table.Warehouse;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.storage.StorageLevel;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The stages of a run up to the similarity join, each a method that reads its input from tables and
 * writes its output to tables; {@link Evaluation} goes on from there. Inputs that are complete are
 * reused.
 *
 * <p>Opening one checks everything that can be wrong with the user's input, before any long stage.
 */
final class Experiment {
  /** Of the stages that windows take: to cut, to count twice, and to write them in order. */
  /** The folder of a warehouse that the embedded corpus is copied into. */
  static final String CORPORA = "corpora";

  private static final double[] EXTRACTION = {3, 2, 2, 3};

  private static final Logger LOG = LoggerFactory.getLogger(Experiment.class);

  private final SparkSession spark;
  private final Progress progress;
  private final Settings settings;
  private final Warehouse warehouse;
  private final ModelDirectory model;
  private final double[] thresholds;
  private final Mixture mixture;
  private final List<ModelDirectory> alternates;
  private final Corpus corpus;
  private final CorpusScan scan;
  private final List<String> givenPrompts; // null if prompts are drawn
  private final String promptSet;

  /**
   * What can be read and checked before there is a Spark.
   *
   * @param evaluates whether the command evaluates the model
   * @param thresholds null for a command that compares no vectors
   * @param mixture null for the same
   * @param givenPrompts null if prompts are drawn
   */
  record Checked(
      boolean evaluates,
      Settings settings,
      ModelDirectory model,
      double[] thresholds,
      Mixture mixture,
      List<ModelDirectory> alternates,
      List<String> givenPrompts) {

    /**
     * Reads models and prompts. Of the corpus it only checks that it can be listed: its files are
     * those that are there once the warehouse is this process's to write.
     *
     * @throws InvalidInput if a setting does not fit
     */
    static Checked of(Command command, Settings settings, Configuration hadoop) {
      settings.check();
      TileKernels.check(settings.kernel());
      ModelDirectory model = ModelDirectory.read(settings.model(), hadoop);
      ModelShape shape = model.shape();
      if (settings.windowLength() > shape.contextLength()) {
        throw new InvalidInput(
            "--window-length %d: the model's context has %d tokens",
            settings.windowLength(), shape.contextLength());
      }

      if (!isEmbedded(settings)) {
        Corpus.check(hadoop, settings.corpus(), settings.corpusFormat());
      }

      boolean compares = command.settings().contains(Setting.THRESHOLDS);
      return new Checked(
          command != Command.WINDOWS,
          settings,
          model,
          compares ? settings.thresholds(shape) : null,
          compares ? settings.mixture(shape) : null,
          Alternates.read(settings.alternates(), model, settings.windowLength(), hadoop),
          settings.promptCount().isPresent()
              ? null
              : Prompts.read(
                  hadoop,
                  settings.promptFile(),
                  model.tokenizerJson(),
                  Prompts.Lengths.ofWindows(settings.windowLength())));
    }
  }

  /**
   * Checks the warehouse and reads the corpus.
   *
   * @param corpora the folder of the warehouse that the embedded corpus is copied into
   */
  Experiment(
      SparkSession spark, Progress progress, Checked checked, Warehouse warehouse, String corpora) {
    this.spark = spark;
    this.progress = progress;
    this.settings = checked.settings();
    this.model = checked.model();
    this.thresholds = checked.thresholds();
    this.mixture = checked.mixture();
    this.alternates = checked.alternates();
    this.givenPrompts = checked.givenPrompts();
    if (alternates.isEmpty()) {
      progress.leaveOut("noise floor");
    }

    this.warehouse = warehouse;
    warehouse.checkWritable();
    LanguageModel loaded = LoadedModels.get(model); // with its self-check, whatever it is for
    if (checked.evaluates()) {
      checkMemory(loaded);
    }

    GpuTasks.check(spark);

    this.corpus =
        Corpus.open(
            spark,
            isEmbedded(settings)
                ? EmbeddedCorpus.copyInto(
                    warehouse.fileSystem(), new Path(warehouse.root(), corpora))
                : settings.corpus(),
            settings.corpusFormat(),
            settings.textColumn());
    this.scan = scanCorpus();
    this.promptSet =
        givenPrompts == null
            ? Prompts.drawnSet(
                scan.corpusId(), settings.promptCount().getAsInt(), settings.promptSeed())
            : Prompts.givenSet(scan.corpusId(), givenPrompts);
  }

  /** What has been read and checked. */
  record Inputs(
      Warehouse warehouse,
      ModelDirectory model,
      Corpus corpus,
      String corpusId,
      long occurrences,
      String promptSet,
      long prompts,
      List<ModelDirectory> alternates,
      double[] thresholds) {

    /** What is there of a run, from an earlier one with the same model, corpus and prompts. */
    Estimate.Reused reused() {
      return new Estimate.Reused(
          warehouse.part(Tables.WINDOWS, corpusId).isComplete(),
          warehouse.part(Tables.ACTIVATIONS, model.id(), corpusId).isComplete(),
          warehouse.part(Tables.PROMPTS, promptSet).isComplete()
              && isPredicted(warehouse, model, promptSet),
          warehouse.part(Tables.PREDICTIONS, model.id(), NGrams.fittingSet(promptSet)).isComplete(),
          alternates.stream()
              .allMatch(
                  alternate ->
                      warehouse
                          .part(Tables.MODEL_DISTANCES, model.id(), promptSet, alternate.id())
                          .isComplete()));
    }
  }

  Inputs inputs() {
    return new Inputs(
        warehouse,
        model,
        corpus,
        scan.corpusId(),
        scan.occurrences(),
        promptSet,
        promptCount(),
        alternates,
        thresholds);
  }

  private static boolean isEmbedded(Settings settings) {
    return settings.corpus().equals(EmbeddedCorpus.NAME);
  }

  private void checkMemory(LanguageModel loaded) {
    TaskNeed need = TaskNeed.ofModel(settings, loaded);
    TaskMemory.of(spark.sparkContext()).check(settings.nodesInFlight(), need);
  }

  /** Checks the disk for everything that is not there yet. */
  private void checkDisk(long windowsToEvaluate) {
    Estimate.Reused reused = inputs().reused();
    DiskNeed.of(
            scan.occurrences(),
            windowsToEvaluate,
            promptCount(),
            alternates.size(),
            model.shape(),
            settings.keepSimilar())
        .without(
            new Estimate.Reused(
                true,
                windowsToEvaluate == 0,
                reused.predictions(),
                reused.fittingWindows(),
                reused.noiseFloor()))
        .check(warehouse);
  }

  private void checkJoinMemory() {
    TaskNeed need = TaskNeed.ofJoin(settings, model.shape(), scan.occurrences(), promptCount());
    TaskMemory.of(spark.sparkContext()).checkJoin(settings.promptFile(), need);
  }

  private static boolean isPredicted(Warehouse warehouse, ModelDirectory model, String set) {
    return warehouse.part(Tables.PREDICTIONS, model.id(), set).isComplete()
        && warehouse.part(Tables.PROMPT_ACTIVATIONS, model.id(), set).isComplete();
  }

  private long promptCount() {
    return givenPrompts == null ? settings.promptCount().getAsInt() : givenPrompts.size();
  }

  private CorpusScan scanCorpus() {
    progress.begin("corpus");
    progress.expectStages(1);
    CorpusScan found = CorpusScan.scan(corpus, model.tokenizerJson(), settings.windowLength());
    progress.end();
    return found;
  }

  /** For the commands that need prompts: refuses more than the corpus can have. */
  Experiment withPrompts() {
    if (promptCount() > scan.occurrences() && givenPrompts == null) {
      throw new InvalidInput(
          "--prompts %d: the corpus has only %d windows; ask for fewer",
          promptCount(), scan.occurrences());
    }

    return this;
  }

  /** The run with this model, corpus, prompts and settings that was published, the last one. */
  Optional<RunPlan> published() {
    return newPlan().publishedAlike(warehouse);
  }

  /** Begins a run, or goes on with one that was begun with the same plan and did not end. */
  RunPlan begin() {
    RunPlan plan = newPlan();
    Optional<RunPlan> begun = plan.begunBefore(warehouse);
    checkDisk(0); // what the activations need is known once windows are
    checkJoinMemory();
    RunPlan run = begun.orElseGet(() -> plan.write(warehouse));
    progress.setRun(run.runId());
    LOG.info(
        "run={} resumed={} model={} corpus={} prompts={} warehouse={}",
        run.runId(),
        begun.isPresent(),
        run.modelId(),
        run.corpusId(),
        run.promptSet(),
        warehouse.root());
    return run;
  }

  private RunPlan newPlan() {
    return RunPlan.start(
        model.id(),
        scan.corpusId(),
        promptSet,
        alternates.stream().map(ModelDirectory::id).toList(),
        thresholds,
        mixture,
        settings.asText());
  }

  /** Stage 1: the windows of the corpus. */
  void windows() {
    Warehouse.Part tokens = warehouse.part(Tables.TOKENS, scan.corpusId());
    if (!tokens.isComplete()) {
      tokens.write(Tokens.of(spark, model.tokenizerJson()).coalesce(1));
    }

    Warehouse.Part part = windowsPart();
    if (part.isComplete()) {
      progress.reused("windows", part);
      return;
    }

    warehouse.checkFree("the table windows", DiskNeed.ofWindows(scan.occurrences()));
    progress.step(
        "windows",
        () -> {
          progress.expectStages(EXTRACTION);
          part.write(
              Windows.extract(spark, corpus, scan, model.tokenizerJson(), settings.windowLength()),
              scan::asProperties);
        },
        part);
  }

  /**
   * Stage 2: FFN outputs of all windows. Those that an earlier corpus had are taken from there, and
   * those that a run which died had finished stay; the model evaluates the others.
   */
  void activations() {
    Warehouse.Part part = warehouse.part(Tables.ACTIVATIONS, model.id(), scan.corpusId());
    if (part.isComplete()) {
      progress.reused("activations", part);
      return;
    }

    Dataset<Row> windows = required(windowsPart(), "windows");
    progress.begin("activations");
    if (!part.resume()) {
      progress.end(part);
      return;
    }

    new KnownActivations(spark, warehouse, model, scan).addTo(part, windows, progress);
    evaluate(missing(windows, part), part);
    part.complete(Map.of());
    progress.end(part);
  }

  /** Windows whose activations are not in a part yet. */
  private static Dataset<Row> missing(Dataset<Row> windows, Warehouse.Part part) {
    Dataset<Row> there = part.readSoFar().where(col("block").equalTo(lit(0))).select("window_id");
    return windows.join(
        there, windows.col("window_id").equalTo(there.col("window_id")), "left_anti");
  }

  private void evaluate(Dataset<Row> windows, Warehouse.Part part) {
    long count = windows.count();
    progress.note("%,d of %,d windows to evaluate", count, windowsPart().rows());
    if (count == 0) {
      return;
    }

    checkDisk(count);
    int tasks = (int) Math.max(1, count / settings.windowsPerTask());
    part.appendVectors(
        progress.counted(
            Activations.compute(windows, onExecutors(), settings.windowsInFlight(), tasks),
            (double) count * model.shape().blocks()),
        model.shape().blocks(),
        true);
  }

  /** Stage 3: the prompts, and what the model makes of them. */
  void prompts() {
    prompts(promptSet, this::choosePrompts);
  }

  /**
   * Other prompts to choose settings by, none of which is among the prompts, and what the model
   * makes of them.
   *
   * @return their set
   */
  String tuningPrompts() {
    int count = settings.tuningPrompts();
    String tuningSet = Prompts.drawnBeside(promptSet, count, settings.promptSeed());
    prompts(
        tuningSet,
        () -> {
          Dataset<Row> windows = required(windowsPart(), "windows");
          Dataset<Row> others = required(warehouse.part(Tables.PROMPTS, promptSet), "prompts");
          return Prompts.drawBeside(
              spark, windows, windows.count(), others, count, settings.promptSeed());
        });
    return tuningSet;
  }

  /**
   * Windows that n-grams are fitted to, none of which is among the prompts, and what the model
   * makes of them.
   */
  void fittingWindows() {
    String set = NGrams.fittingSet(promptSet);
    Warehouse.Part predictions = warehouse.part(Tables.PREDICTIONS, model.id(), set);
    if (predictions.isComplete()) {
      progress.reused("fitting windows", predictions);
      return;
    }

    progress.step(
        "fitting windows",
        () -> {
          Warehouse.Part prompts = warehouse.part(Tables.PROMPTS, set);
          if (!prompts.isComplete()) {
            Dataset<Row> windows = required(windowsPart(), "windows");
            Dataset<Row> others = required(warehouse.part(Tables.PROMPTS, promptSet), "prompts");
            prompts.write(
                Prompts.drawAtMostBeside(
                    spark, windows, windows.count(), others, NGramFit.WINDOWS, NGramFit.SEED));
          }

          predictions.write(evaluate(prompts.read(), model).sort("prompt_id"));
        },
        predictions);
  }

  private void prompts(String set, Supplier<Dataset<Row>> chosen) {
    Warehouse.Part prompts = warehouse.part(Tables.PROMPTS, set);
    if (prompts.isComplete()) {
      progress.reused("prompts", prompts);
    } else {
      progress.step("prompts", () -> prompts.write(chosen.get()), prompts);
    }

    Warehouse.Part activations = warehouse.part(Tables.PROMPT_ACTIVATIONS, model.id(), set);
    Warehouse.Part predictions = warehouse.part(Tables.PREDICTIONS, model.id(), set);
    if (isPredicted(warehouse, model, set)) {
      activations.verify();
      progress.reused("predictions", predictions);
      return;
    }

    progress.step(
        "predictions",
        () -> predict(prompts.read(), activations, predictions),
        activations,
        predictions);
  }

  private Dataset<Row> choosePrompts() {
    Dataset<Row> windows = required(windowsPart(), "windows");
    return givenPrompts == null
        ? Prompts.draw(
            spark,
            windows,
            windows.count(),
            settings.promptCount().getAsInt(),
            settings.promptSeed())
        : Prompts.find(spark, windows, givenPrompts, model.tokenizerJson());
  }

  private void predict(
      Dataset<Row> prompts, Warehouse.Part activations, Warehouse.Part predictions) {
    Dataset<Row> evaluated =
        progress
            .counted(evaluate(prompts, model), prompts.count())
            .persist(StorageLevel.MEMORY_AND_DISK());
    if (!activations.isComplete()) {
      activations.writeVectors(Predictions.activations(evaluated), model.shape().blocks());
    }

    if (!predictions.isComplete()) {
      predictions.write(evaluated.sort("prompt_id"));
    }

    evaluated.unpersist();
  }

  /**
   * Stage 4: what models of other seeds make of the prompts, and how far that is from the model's.
   */
  List<ModelDirectory> compare() {
    Dataset<Row> prompts = required(warehouse.part(Tables.PROMPTS, promptSet), "prompts");
    Dataset<Row> predictions =
        required(warehouse.part(Tables.PREDICTIONS, model.id(), promptSet), "prompts");
    for (ModelDirectory alternate : alternates) {
      Warehouse.Part distances =
          warehouse.part(Tables.MODEL_DISTANCES, model.id(), promptSet, alternate.id());
      if (distances.isComplete()) {
        progress.reused("noise floor", distances);
        continue;
      }

      Warehouse.Part ofAlternate = warehouse.part(Tables.PREDICTIONS, alternate.id(), promptSet);
      progress.step(
          "noise floor",
          () -> {
            if (!ofAlternate.isComplete()) {
              // Kept, since a sort reads its rows twice.
              Dataset<Row> evaluated =
                  progress
                      .counted(evaluate(prompts, alternate), prompts.count())
                      .persist(StorageLevel.MEMORY_AND_DISK());
              ofAlternate.write(evaluated.sort("prompt_id"));
              evaluated.unpersist();
            }

            distances.write(ModelDistances.measure(predictions, ofAlternate.read()).coalesce(1));
          },
          distances);
    }

    return alternates;
  }

  /** Compares, and says what was found. */
  String noiseFloor() {
    List<Dataset<Row>> distances =
        compare().stream()
            .map(
                alternate ->
                    warehouse
                        .part(Tables.MODEL_DISTANCES, model.id(), promptSet, alternate.id())
                        .read())
            .toList();
    return Summary.noiseFloor(
        model.uri(),
        alternates.stream().map(ModelDirectory::uri).toList(),
        promptCount(),
        Summaries.noiseFloor(distances));
  }

  /** That there is something to compare. */
  void checkAlternates() {
    if (alternates.isEmpty()) {
      throw new InvalidInput(
          "--alternates %s: no model to compare with; name model directories, as"
              + " --alternates models/seed-1,models/seed-2",
          settings.alternates());
    }
  }

  private Dataset<Row> evaluate(Dataset<Row> prompts, ModelDirectory evaluated) {
    int tasks = (int) Math.max(1, 4 * prompts.count() / settings.windowsPerTask());
    return Predictions.compute(
        prompts, context().broadcast(evaluated), settings.windowsInFlight(), tasks);
  }

  /** Stage 5: the similarity join, block by block; blocks that are done already stay. */
  void similar(RunPlan run) {
    join(promptSet).joinFor(run);
  }

  /** The join of the prompts, or of tuning prompts, for all thresholds on a grid at once. */
  void bins(String set) {
    join(set).joinFor(settings.bins());
  }

  private SimilarityJoin join(String prompts) {
    required(windowsPart(), "windows");
    required(warehouse.part(Tables.ACTIVATIONS, model.id(), scan.corpusId()), "activations");
    required(warehouse.part(Tables.PROMPTS, prompts), "prompts");
    required(warehouse.part(Tables.PROMPT_ACTIVATIONS, model.id(), prompts), "prompts");
    return new SimilarityJoin(
        spark,
        progress,
        settings,
        warehouse,
        new SimilarityJoin.Of(model.shape(), model.id(), scan.corpusId(), prompts));
  }

  private Warehouse.Part windowsPart() {
    return warehouse.part(Tables.WINDOWS, scan.corpusId());
  }

  private static Dataset<Row> required(Warehouse.Part part, String command) {
    if (!part.isComplete()) {
      throw new InvalidInput(
          "%s is not there yet; run the command %s with the same settings first",
          part.name(), command);
    }

    return part.read();
  }

  private Broadcast<ModelDirectory> onExecutors() {
    return context().broadcast(model);
  }

  private JavaSparkContext context() {
    return JavaSparkContext.fromSparkContext(spark.sparkContext());
  }
}
