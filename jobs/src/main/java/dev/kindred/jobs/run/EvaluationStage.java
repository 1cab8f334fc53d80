/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.run;

import static org.apache.spark.sql.functions.col;

import dev.kindred.DjlEngine;
import dev.kindred.InvalidInput;
import dev.kindred.audit.Audit;
import dev.kindred.audit.AuditedRun;
import dev.kindred.baseline.Baselines;
import dev.kindred.baseline.NGramFit;
import dev.kindred.baseline.SuffixCounts;
import dev.kindred.corpus.CorpusScan;
import dev.kindred.evaluation.Distances;
import dev.kindred.evaluation.NextTokenAccuracy;
import dev.kindred.evaluation.PairCosines;
import dev.kindred.evaluation.PromptFigures;
import dev.kindred.evaluation.Slices;
import dev.kindred.evaluation.Summaries;
import dev.kindred.jobs.option.ActivationStore;
import dev.kindred.jobs.report.Accuracy;
import dev.kindred.jobs.workspace.KindredVersion;
import dev.kindred.jobs.workspace.Progress;
import dev.kindred.jobs.workspace.Workspace;
import dev.kindred.model.files.LoadedModels;
import dev.kindred.model.files.ModelDirectory;
import dev.kindred.prediction.Mixture;
import dev.kindred.prediction.ModelPredictions;
import dev.kindred.prediction.Rings;
import dev.kindred.prediction.Rule;
import dev.kindred.prediction.RuleApproximations;
import dev.kindred.prediction.WeightedCounts;
import dev.kindred.similarity.Centers;
import dev.kindred.similarity.SimilarityBins;
import dev.kindred.table.Figures;
import dev.kindred.table.Figures.Measure;
import dev.kindred.table.Part;
import dev.kindred.table.Runs;
import dev.kindred.table.Table;
import dev.kindred.table.Tables;
import dev.kindred.table.Warehouse;
import dev.kindred.training.Trainer;
import dev.kindred.tuning.ThresholdCurves;
import java.sql.Timestamp;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The last stages of a run: approximations, distances, summaries, and its publication. */
public final class EvaluationStage {
  private static final Logger LOG = LoggerFactory.getLogger(EvaluationStage.class);

  private static final double NGRAMS_PER_WINDOW = 2e-5; // seconds
  private static final double BASELINES_PER_WINDOW = 5e-6; // seconds

  /**
   * The audit's checks take times in these proportions: of rows, of rules between tables, and of a
   * sample.
   */
  private static final double[] AUDIT = {4, 4, 2};

  private final SparkSession spark;
  private final Progress progress;
  private final Warehouse warehouse;
  private final ModelDirectory model;

  /**
   * Goes on in a warehouse that this workspace has locked.
   *
   * @param model the run's
   */
  public EvaluationStage(Workspace workspace, Warehouse warehouse, ModelDirectory model) {
    this.spark = workspace.spark();
    this.progress = workspace.progress();
    this.warehouse = warehouse;
    this.model = model;
  }

  /**
   * Evaluates a run that {@link JoinStage} has joined, audits it, and publishes it.
   *
   * @throws RunRejected if the audit finds a problem
   */
  public void evaluate(RunPlan run) {
    progress.setRun(run.runId());
    progress.begin("evaluation", weights(run));
    write(run);
    progress.end(
        warehouse.part(Tables.APPROXIMATIONS, run.runId()),
        warehouse.part(Tables.DISTANCES, run.runId()),
        warehouse.part(Tables.BASELINES, run.runId()),
        ngrams(run).fits(),
        warehouse.part(Tables.SUMMARIES, run.runId(), Summaries.OF_RUN));
    List<String> problems = new ArrayList<>();
    progress.begin("audit", AUDIT);
    problems.addAll(audit(run));
    progress.end();
    warehouse.checkLock();
    if (problems.isEmpty()) {
      end(run, Runs.PUBLISHED, null);
      LOG.info("run={} status=published", run.runId());
      return;
    }

    problems.forEach(problem -> LOG.error("run={} audit: {}", run.runId(), problem));
    String reason = String.join("; ", problems);
    end(run, Runs.REJECTED, reason);
    throw new RunRejected(
        "run %s is rejected, the one before stays: %s%s",
        run.runId(),
        problems.get(0),
        problems.size() == 1 ? "" : " (and " + (problems.size() - 1) + " more, see the log)");
  }

  /**
   * About how long parts take: approximations, distances, n-grams, baselines, curves, summaries.
   */
  private double[] weights(RunPlan run) {
    long windows = warehouse.part(Tables.WINDOWS, run.corpusId()).rows();
    return new double[] {
      4, 2, 3 + NGRAMS_PER_WINDOW * windows, 3 + BASELINES_PER_WINDOW * windows, 0.5, 6
    };
  }

  private List<String> audit(RunPlan run) {
    return Audit.problems(
        new AuditedRun(
            run.runId(),
            run.windowLength(),
            run.blocks(),
            run.vectors(),
            run.thresholds(),
            run.keepSimilar(),
            run.keepOccurrences(),
            run.alternates(),
            warehouse.read(parts(run))),
        LoadedModels.get(model),
        ModelPredictions.isDense(model.shape()) ? null : LoadedModels.logitMap(model),
        progress::partDone);
  }

  private void write(RunPlan run) {
    check(run);
    Dataset<Row> distributions = warehouse.part(Tables.BLOCK_DISTRIBUTIONS, run.runId()).read();
    Part windowsPart = warehouse.part(Tables.WINDOWS, run.corpusId());
    Dataset<Row> windows = windowsPart.read();
    Dataset<Row> prompts = warehouse.part(Tables.PROMPTS, run.promptSet()).read();
    ModelPredictions predictions = ModelPredictions.read(warehouse, model, run.promptSet());
    int windowLength = run.windowLength();
    Part approximations = warehouse.part(Tables.APPROXIMATIONS, run.runId());
    writeMissing(approximations, () -> approximations(run, distributions, prompts, windows));
    progress.partDone();
    Part distances = warehouse.part(Tables.DISTANCES, run.runId());
    writeMissing(distances, () -> Distances.measure(approximations.read(), predictions));
    progress.partDone();
    Part baselines = warehouse.part(Tables.BASELINES, run.runId());
    if (baselines.isComplete()) {
      progress.partDone();
    } else {
      try (SuffixCounts suffixes = new SuffixCounts(windows, windowLength)) {
        List<NGramFit> fits = ngrams(run).all(suffixes, progress);
        progress.partDone();
        baselines.write(
            Baselines.measure(
                suffixes, windows, prompts, predictions, distributions, fits, randomly(run)));
      }
    }

    progress.partDone();
    writeMissing(
        warehouse.part(Tables.THRESHOLD_CURVES, run.runId()),
        () -> ThresholdCurves.rows(spark, curves(run)).coalesce(1));
    progress.partDone();
    List<Dataset<Row>> alternates = modelDistances(run);
    long tokens = windowsPart.facts(CorpusScan::tokens);
    Dataset<Row> slices =
        Slices.of(
            prompts,
            windows,
            predictions.rows(),
            distributions,
            windowLength,
            Trainer.trainingTokens(tokens));
    Figures figures = Summaries.of(distances.read(), approximations.read(), distributions);
    figures.putAll(Summaries.noiseFloor(alternates));
    List<NGramFit> fits = ngrams(run).read();
    figures.putAll(NGramFit.figures(fits));
    figures.putAll(
        PromptFigures.of(
            distances.read(),
            baselines.read(),
            NGramFit.strongest(fits).baseline(),
            alternates,
            slices));
    figures.putAll(
        NextTokenAccuracy.of(
            prompts,
            windows,
            topTokens(distances.read(), baselines.read(), NGramFit.strongest(fits).baseline())));
    figures.putAll(joins(run));
    figures.putAll(
        PairCosines.of(
            warehouse.part(Tables.PROMPT_ACTIVATIONS, run.modelId(), run.promptSet()).read(),
            run.blocks(),
            run.thresholds(),
            block ->
                run.hasCenteredVectors()
                    ? Centers.mean(
                        run.activations(warehouse).read().where(col("block").equalTo(block)))
                    : null));
    writeMissing(
        warehouse.part(Tables.SUMMARIES, run.runId(), Summaries.OF_RUN), () -> figures.rows(spark));
  }

  private Dataset<Row> approximations(
      RunPlan run, Dataset<Row> distributions, Dataset<Row> prompts, Dataset<Row> windows) {
    Rule rule = run.rule();
    return RuleApproximations.compute(
        rule,
        distributions,
        rule instanceof Rings
            ? warehouse.part(Tables.RING_DISTRIBUTIONS, run.runId()).read()
            : null,
        prompts,
        windows,
        run.blocks(),
        rule.frequencies(windows, model.shape().vocabularySize()));
  }

  /**
   * Returns the threshold curves of the finest bins that are there for all blocks; none if there
   * are no such bins.
   */
  private List<ThresholdCurves.Point> curves(RunPlan run) {
    Optional<SimilarityBins> finest =
        warehouse
            .keys(Tables.SIMILARITY_BINS, run.modelId(), run.corpusId(), run.promptSet())
            .stream()
            .filter(
                name ->
                    run.blocks().stream().allMatch(block -> bins(run, name, block).isComplete()))
            .map(SimilarityBins::named)
            .filter(bins -> bins.isCentred() == run.hasCenteredVectors())
            .max(Comparator.comparingInt(SimilarityBins::count));
    if (finest.isEmpty()) {
      return List.of();
    }

    return ThresholdCurves.of(
        EvidenceByBins.read(
            warehouse, model, run.corpusId(), run.promptSet(), run.blocks(), finest.get()),
        run.blocks(),
        finest.get());
  }

  private Part bins(RunPlan run, String name, int block) {
    return warehouse.part(
        Tables.SIMILARITY_BINS, run.modelId(), run.corpusId(), run.promptSet(), name, block);
  }

  /** What the model, the similar strings and the n-gram put first, without the prompt itself. */
  private static Dataset<Row> topTokens(
      Dataset<Row> distances, Dataset<Row> baselines, String ngram) {
    return distances
        .select(
            col("prompt_id"),
            col("model_top_token").as(Accuracy.MODEL),
            col("leave_one_out_top_token").as(Accuracy.STRINGS))
        .join(
            baselines
                .where(col("baseline").equalTo(ngram))
                .select(col("prompt_id"), col("leave_one_out_top_token").as(Accuracy.NGRAM)),
            "prompt_id");
  }

  /** How random strings are mixed: as the similar ones, or where these have rings, all alike. */
  private static Mixture randomly(RunPlan run) {
    if (run.rule() instanceof WeightedCounts counts) {
      return counts.mixture();
    }

    double[] alike = new double[run.rule().blocks()];
    Arrays.fill(alike, 1);
    return Mixture.ofCounts(alike);
  }

  private NGrams ngrams(RunPlan run) {
    return new NGrams(spark, warehouse, model, run.corpusId(), run.promptSet());
  }

  private List<Dataset<Row>> modelDistances(RunPlan run) {
    return run.alternates().stream()
        .map(
            alternate ->
                warehouse
                    .part(Tables.MODEL_DISTANCES, run.modelId(), run.promptSet(), alternate)
                    .read())
        .toList();
  }

  /** What the joins did, as their parts tell. */
  private Figures joins(RunPlan run) {
    Figures figures = new Figures();
    for (int block : run.blocks()) {
      Measure join = Summaries.JOIN.block(block);
      warehouse
          .part(Tables.BLOCK_DISTRIBUTIONS, run.runId(), block)
          .facts(EvaluationStage::numbers)
          .forEach((statistic, value) -> figures.put(join, statistic, value));
    }

    return figures;
  }

  private static Map<String, Double> numbers(Map<String, String> properties) {
    Map<String, Double> numbers = new TreeMap<>();
    properties.forEach((name, value) -> numbers.put(name, Double.valueOf(value)));
    return numbers;
  }

  private void check(RunPlan run) {
    Runs.find(warehouse, run.runId())
        .ifPresent(
            ended -> {
              throw new InvalidInput(
                  "--run-id %s: %s already%s",
                  run.runId(),
                  ended.status(),
                  ended.isPublished() ? "; see it with the command report" : "");
            });

    for (int block : run.blocks()) {
      for (Table table : RunPlan.ofJoins(run.rule())) {
        if (!warehouse.part(table, run.runId(), block).isComplete()) {
          throw new InvalidInput(
              "--run-id %s: its join did not get to block %d; go on with the command similar",
              run.runId(), block);
        }
      }
    }

    for (Table table : List.of(Tables.OCCURRENCES, Tables.PASSAGES)) {
      run.places()
          .map(places -> warehouse.part(table, run.corpusId(), places))
          .ifPresent(part -> Stages.required(part, "windows"));
    }

    ngrams(run).check("--run-id " + run.runId());
    for (String alternate : run.alternates()) {
      if (!warehouse
          .part(Tables.MODEL_DISTANCES, run.modelId(), run.promptSet(), alternate)
          .isComplete()) {
        throw new InvalidInput(
            "--run-id %s: its alternate %s was not compared; go on with the command compare-models",
            run.runId(), alternate);
      }
    }
  }

  /** An evaluation that died is taken up where it ended. */
  private static void writeMissing(Part part, Supplier<Dataset<Row>> rows) {
    if (!part.isComplete()) {
      part.write(rows.get());
    }
  }

  private void end(RunPlan run, String status, String reason) {
    Instant now = Instant.now();
    boolean published = status.equals(Runs.PUBLISHED);
    Row row =
        Tables.RUNS.row(
            status,
            reason,
            Timestamp.from(Instant.parse(run.startedAt())),
            published ? Timestamp.from(now) : null,
            run.modelId(),
            run.corpusId(),
            run.promptSet(),
            run.settings(),
            versions(),
            progress.seconds());
    Runs.end(
        warehouse,
        new Runs.Run(
            run.runId(),
            status,
            now,
            run.modelId(),
            run.corpusId(),
            run.promptSet(),
            run.identity(),
            new Runs.Order(run.begun(), 0, Set.of())),
        parts(run),
        Tables.RUNS.rows(spark, List.of(row)));
  }

  /** What the run consists of and was computed from. */
  private List<Part> parts(RunPlan run) {
    List<Part> parts = new ArrayList<>();
    parts.add(warehouse.part(Tables.WINDOWS, run.corpusId()));
    parts.add(warehouse.part(Tables.TOKENS, run.corpusId()));
    run.places()
        .ifPresent(
            places -> {
              parts.add(warehouse.part(Tables.OCCURRENCES, run.corpusId(), places));
              parts.add(warehouse.part(Tables.PASSAGES, run.corpusId(), places));
            });
    if (run.store() != ActivationStore.NONE) {
      parts.add(run.activations(warehouse));
    }

    parts.add(warehouse.part(Tables.PROMPTS, run.promptSet()));
    parts.add(warehouse.part(Tables.PROMPT_ACTIVATIONS, run.modelId(), run.promptSet()));
    parts.add(warehouse.part(Tables.PREDICTIONS, run.modelId(), run.promptSet()));
    parts.add(ngrams(run).fits());
    for (String alternate : run.alternates()) {
      parts.add(warehouse.part(Tables.MODEL_DISTANCES, run.modelId(), run.promptSet(), alternate));
    }

    for (int block : run.blocks()) {
      for (Table table : RunPlan.ofJoins(run.rule())) {
        parts.add(warehouse.part(table, run.runId(), block));
      }
    }

    for (Table table :
        List.of(
            Tables.APPROXIMATIONS, Tables.DISTANCES, Tables.BASELINES, Tables.THRESHOLD_CURVES)) {
      parts.add(warehouse.part(table, run.runId()));
    }

    parts.add(warehouse.part(Tables.SUMMARIES, run.runId(), Summaries.OF_RUN));
    return parts;
  }

  private Map<String, String> versions() {
    Map<String, String> versions = new TreeMap<>();
    versions.put("kindred", KindredVersion.current());
    versions.put("spark", spark.version());
    versions.put("djl", ai.djl.engine.Engine.getDjlVersion());
    versions.put("pytorch", DjlEngine.pytorchVersion());
    versions.put("java", System.getProperty("java.version"));
    return versions;
  }
}
