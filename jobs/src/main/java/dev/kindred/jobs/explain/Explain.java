/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.explain;

import static org.apache.spark.sql.functions.broadcast;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.lit;

import dev.kindred.InvalidInput;
import dev.kindred.Location;
import dev.kindred.attribution.Replacement;
import dev.kindred.attribution.Shading;
import dev.kindred.corpus.Prompt;
import dev.kindred.corpus.Prompts;
import dev.kindred.corpus.Tokenizer;
import dev.kindred.evaluation.Distances;
import dev.kindred.explanation.CorpusStrings;
import dev.kindred.explanation.Explainer;
import dev.kindred.explanation.Explanation;
import dev.kindred.explanation.Explanations;
import dev.kindred.explanation.Places;
import dev.kindred.explanation.Ranks;
import dev.kindred.jobs.option.ActivationStore;
import dev.kindred.jobs.option.Defaults;
import dev.kindred.jobs.option.JoinOptions;
import dev.kindred.jobs.option.ModelOptions;
import dev.kindred.jobs.option.RecomputeOption;
import dev.kindred.jobs.option.RuleOptions;
import dev.kindred.jobs.option.TaskOptions;
import dev.kindred.jobs.report.Explained;
import dev.kindred.jobs.report.ShadedPrompt;
import dev.kindred.jobs.run.JoinPieces;
import dev.kindred.jobs.run.JoinTime;
import dev.kindred.jobs.run.PassTime;
import dev.kindred.jobs.run.RunPlan;
import dev.kindred.jobs.run.Stages;
import dev.kindred.jobs.run.WindowPass;
import dev.kindred.jobs.workspace.Messages;
import dev.kindred.jobs.workspace.Progress;
import dev.kindred.model.BlockVector;
import dev.kindred.model.ResidualStream;
import dev.kindred.model.files.LoadedModels;
import dev.kindred.model.files.ModelDirectory;
import dev.kindred.prediction.ModelPredictions;
import dev.kindred.prediction.Predictions;
import dev.kindred.prediction.Rings;
import dev.kindred.prediction.Rule;
import dev.kindred.prediction.RuleApproximations;
import dev.kindred.prediction.TokenFrequencies;
import dev.kindred.similarity.EvaluatedJoin;
import dev.kindred.similarity.Evidence;
import dev.kindred.similarity.EvidenceRows;
import dev.kindred.similarity.JoinSettings;
import dev.kindred.similarity.SimilarStrings;
import dev.kindred.table.Part;
import dev.kindred.table.Tables;
import dev.kindred.table.Warehouse;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Consumer;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.storage.StorageLevel;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Explains any prompts from a warehouse's activations, as the run published last would have, and
 * writes nothing there.
 *
 * <p>Opening one checks model and warehouse.
 */
public final class Explain {
  /** What is shaded. */
  public enum Shades {
    NOTHING,
    TOKENS
  }

  /** With fewer prompts the join reads longer than it computes, whatever bounds it. */
  private static final int PROMPTS_THAT_NEED_A_PLAN = 64;

  /** Places that are shown of a string, at most: there may be as many as were kept. */
  static final int MOST_PLACES = 100;

  private static final Logger LOG = LoggerFactory.getLogger(Explain.class);

  private final boolean isModelGiven;
  private final JoinOptions join;
  private final TaskOptions tasks;
  private final Warehouse warehouse;
  private final ModelDirectory model;
  private final Optional<RunPlan> run;
  private final boolean isAsInRun; // the rule
  private final String corpusId;
  private final Rule rule;
  private final boolean isCentred;
  private final boolean isEvaluated; // what is not kept
  private int windowLength; // 0 until it is asked for
  private SparkSession spark; // of explain
  private Progress progress;

  /**
   * Finds the activations.
   *
   * @param runId the run to follow; null for the model's that was published last, or without a
   *     model the warehouse's
   * @param settings the command's, which say what the user gave
   * @param recompute whether the model may be evaluated where no activations are kept
   * @param ruleOptions thresholds, weights and saturation that are given replace the run's
   */
  public Explain(
      Configuration hadoop,
      Warehouse warehouse,
      String runId,
      ModelOptions modelOptions,
      RuleOptions ruleOptions,
      JoinOptions join,
      TaskOptions tasks,
      RecomputeOption recompute,
      Defaults settings) {
    this.isModelGiven = modelOptions.isGiven(settings);
    this.join = join;
    this.tasks = tasks;
    this.warehouse = warehouse;
    join.check();
    Optional<BlockVector> vectors = modelOptions.givenVectors(settings);
    Optional<RunPlan> named =
        Optional.ofNullable(runId).map(id -> RunPlan.published(warehouse, id).about(vectors));
    if (isModelGiven) {
      this.model = modelOptions.read(hadoop);
      named.ifPresent(plan -> plan.checked(model));
      this.run = named.or(this::newestRun);
    } else {
      this.run =
          named.or(
              () ->
                  RunPlan.lastPublished(
                      warehouse,
                      any ->
                          vectors.isEmpty()
                              || vectors.get() == ModelDirectory.vectorsOf(any.modelId())));
      this.model = run.isPresent() ? run.get().model(hadoop) : modelOptions.read(hadoop);
      run.ifPresent(plan -> modelOptions.checkBlocks(settings, model.blocks(), plan.runId()));
    }

    this.corpusId = run.map(RunPlan::corpusId).orElseGet(this::onlyCorpus);
    this.rule =
        run.isPresent()
            ? ruleOptions.rule(model.blocks(), run.get().rule())
            : ruleOptions
                .rule(model)
                .orElseThrow(
                    () ->
                        new InvalidInput(
                            "--thresholds auto: no published run of this model has chosen them; give"
                                + " --thresholds and --weights, or end a run"));
    this.isCentred =
        settings.isGiven("center") || run.isEmpty()
            ? ruleOptions.isCentred()
            : run.get().hasCenteredVectors();
    this.isEvaluated = isEvaluated(modelOptions, recompute);
    this.isAsInRun =
        run.isPresent()
            && isCentred == run.get().hasCenteredVectors()
            && rule.equals(run.get().rule());
  }

  /**
   * Whether no activations are kept: what the pass over the windows needs is checked.
   *
   * @throws InvalidInput if no pass is wanted
   */
  private boolean isEvaluated(ModelOptions modelOptions, RecomputeOption recompute) {
    ActivationStore store = run.isPresent() ? run.get().store() : modelOptions.store();
    if (store != ActivationStore.NONE || activations(corpusId).isComplete()) {
      return false;
    }

    recompute.check("--warehouse " + warehouse.root(), PassTime.ofLastRun(warehouse, model.id()));
    if (isCentred) {
      throw new InvalidInput(
          "--center true: needs the mean of all activations, and none are kept; leave it out");
    }

    return true;
  }

  /**
   * Returns the tokens of a window: as many as the run says, or else as the corpus's windows have.
   */
  synchronized int windowLength() {
    if (windowLength == 0) {
      windowLength = run.isPresent() ? run.get().windowLength() : lengthOfWindows();
    }

    return windowLength;
  }

  private int lengthOfWindows() {
    Part windows = warehouse.part(Tables.WINDOWS, corpusId);
    Stages.check(windows, "the command windows");
    return windows.isLocal()
        ? CorpusStrings.read(windows).windowLength()
        : windows.read().select("token_ids").first().getList(0).size();
  }

  private Optional<RunPlan> newestRun() {
    return RunPlan.lastPublished(warehouse, ended -> ended.modelId().equals(model.id()));
  }

  /** The corpus whose activations are there though no run has been published. */
  private String onlyCorpus() {
    List<String> corpora =
        warehouse.keys(model.precision().activations(), model.id()).stream()
            .filter(corpus -> activations(corpus).isComplete())
            .toList();
    if (corpora.isEmpty()) {
      throw new InvalidInput(
          "--warehouse %s: no activations of the model %s (%s) in it; make them with the command run",
          warehouse.root(), model.uri(), model.id());
    }

    if (corpora.size() > 1) {
      throw new InvalidInput(
          "--warehouse %s: activations of several corpora for this model (%s) and no published run"
              + " that tells which; end one with the command run",
          warehouse.root(), String.join(", ", corpora));
    }

    return corpora.get(0);
  }

  private Part activations(String corpus) {
    return warehouse.part(model.precision().activations(), model.id(), corpus);
  }

  public ModelDirectory model() {
    return model;
  }

  /**
   * Prompts as long as the run's strings: of a longer one the end, which is said.
   *
   * @param notes takes lines to be shown beside the result
   * @throws InvalidInput if one is shorter
   */
  public List<Prompt> fitted(List<Prompt> prompts, Consumer<String> notes) {
    int length = windowLength();
    Stages.checkTokenizer(warehouse, corpusId, length, model);
    Tokenizer tokenizer = Tokenizer.of(model.tokenizerJson());
    List<String> said = new ArrayList<>();
    if (run.isPresent() && !isModelGiven) {
      said.add(
          String.format(
              Locale.ROOT,
              "kindred: the model is %s, as in run %s",
              Location.shown(new Path(model.uri())),
              run.get().runId()));
    }

    List<Prompt> fitted = new ArrayList<>();
    for (Prompt prompt : prompts) {
      String where = "prompt " + (fitted.size() + 1);
      fitted.add(fitted(where, prompt, tokenizer, length, said::add));
    }

    said.forEach(notes); // an error is one line
    return fitted;
  }

  /** Fits one prompt to the number of tokens that the strings have which it is compared with. */
  static Prompt fitted(
      String where, Prompt prompt, Tokenizer tokenizer, int length, Consumer<String> notes) {
    int tokens = prompt.tokenIds().length;
    String kind = tokenizer.isCharacterLevel() ? "characters" : "tokens";
    if (tokens < length) {
      throw new InvalidInput(
          "%s: \"%s\" has %d %s, the strings that it is compared with have %d; add %d at its start",
          where, prompt.text(), tokens, kind, length, length - tokens);
    }

    if (tokens == length) {
      return prompt;
    }

    Prompt end = prompt.end(length, tokenizer);
    notes.accept(
        "kindred: "
            + Messages.line(
                String.format(
                    Locale.ROOT,
                    "%s has %d %s; explained by its last %d, \"%s\"",
                    where,
                    tokens,
                    kind,
                    length,
                    end.text())));
    return end;
  }

  /**
   * Explains prompts that {@link #fitted} has checked.
   *
   * @param strings similar strings that are shown of a block, at most
   * @param shades whether tokens are shaded
   */
  public Explained explain(
      SparkSession session, Progress steps, List<Prompt> given, int strings, Shades shades) {
    this.spark = session;
    this.progress = steps;
    long start = System.nanoTime();
    Part activations = activations(corpusId);
    Part windowsPart = warehouse.part(Tables.WINDOWS, corpusId);
    if (!isEvaluated) {
      Stages.left(activations, "the command activations");
    }

    Dataset<Row> windows = windowsPart.read();
    progress.begin("prompts");
    Dataset<Row> prompts = kept(Prompts.find(spark, windows, given));
    Dataset<Row> evaluated = kept(progress.counted(evaluate(prompts, given.size()), given.size()));
    progress.end();
    Dataset<Row> similarStrings =
        spark.createDataFrame(List.of(), Tables.SIMILAR_STRINGS.columns());
    Dataset<Row> distributions =
        spark.createDataFrame(List.of(), Tables.BLOCK_DISTRIBUTIONS.columns());
    Dataset<Row> rings = spark.createDataFrame(List.of(), Tables.RING_DISTRIBUTIONS.columns());
    double[] weights = new double[rule.blocks() + 2]; // blocks, then what is kept of them
    Arrays.fill(weights, JoinTime.comparing(windowsPart.rows(), given.size()));
    Arrays.fill(weights, rule.blocks(), weights.length, JoinTime.writing(given.size()));
    progress.begin("similar strings", weights);
    Dataset<Row> promptActivations = Predictions.activations(evaluated, model.blocks());
    List<EvaluatedJoin.Side> sides = new ArrayList<>();
    for (int block : model.blocks().numbers()) {
      sides.add(
          new EvaluatedJoin.Side(
              "",
              block,
              promptActivations.where(col("block").equalTo(lit(block))),
              prompts,
              settings(block, given.size(), strings)));
    }

    JoinPieces pieces = new JoinPieces(spark, warehouse, model, corpusId, isCentred);
    Dataset<Row> found = isEvaluated ? pass(windows, windowsPart.rows(), sides) : null;
    for (EvaluatedJoin.Side side : sides) {
      int block = side.block();
      Dataset<Evidence> evidence =
          isEvaluated
              ? EvaluatedJoin.merged(found, side)
              : join(side, pieces, given.size(), windowsPart.rows());
      similarStrings = similarStrings.unionByName(of(block, EvidenceRows.mostSimilar(evidence)));
      distributions =
          distributions.unionByName(
              of(block, EvidenceRows.blockDistributions(evidence, model.shape().vocabularySize())));
      rings =
          rule instanceof Rings
              ? rings.unionByName(
                  of(block, EvidenceRows.ringDistributions(evidence, side.settings())))
              : rings;
      progress.partDone();
    }

    similarStrings = kept(inFewTasks(similarStrings));
    progress.partDone();
    distributions = kept(inFewTasks(distributions));
    rings = rule instanceof Rings ? kept(inFewTasks(rings)) : null;
    progress.end();
    progress.begin("explanations");
    Dataset<Row> shownWindows = kept(windowsOf(windows, prompts, similarStrings));
    TokenFrequencies frequencies = rule.frequencies(windows, model.shape().vocabularySize());
    Dataset<Row> approximations =
        kept(
            RuleApproximations.compute(
                rule,
                distributions,
                rings,
                prompts,
                shownWindows,
                model.blocks().numbers(),
                frequencies));
    Ranks ranks =
        isAsInRun
            ? Ranks.collect(warehouse.part(Tables.DISTANCES, run.get().runId()).read())
            : Ranks.none();
    ModelPredictions predictions = ModelPredictions.of(evaluated, model);
    List<Explanation> explanations =
        Explanations.of(
                new Explanations.Findings(
                    prompts,
                    predictions,
                    similarStrings,
                    distributions,
                    rings,
                    approximations,
                    Distances.measure(approximations, predictions),
                    shownWindows),
                settings(frequencies, strings),
                model.tokenizerJson(),
                ranks)
            .collect()
            .stream()
            .sorted(Comparator.comparingInt(Explanation::promptId))
            .toList();
    Optional<String> places = places();
    if (places.isPresent()) {
      explanations =
          Places.in(
              explanations,
              warehouse.part(Tables.OCCURRENCES, corpusId, places.get()).read(),
              warehouse.part(Tables.PASSAGES, corpusId, places.get()).read(),
              windowLength(),
              model.tokenizerJson(),
              MOST_PLACES);
    }

    progress.end();
    long windowCount = windowsPart.rows();
    Explained.Read read =
        new Explained.Read(
            windowCount,
            rule.blocks(),
            isEvaluated ? windowCount * rule.blocks() : activations.rows(),
            isEvaluated ? 0 : activations.bytes(),
            (System.nanoTime() - start) / 1e9);
    return explained(given, ranks, places.isPresent(), read, explanations, shades);
  }

  /** Whether a process that has the files can do without Spark. */
  boolean needsSpark() {
    return isEvaluated || isCentred || !activations().isLocal();
  }

  public Warehouse warehouse() {
    return warehouse;
  }

  String corpusId() {
    return corpusId;
  }

  /** Returns the run that is followed, if there is one. */
  public Optional<RunPlan> run() {
    return run;
  }

  JoinOptions join() {
    return join;
  }

  /** Returns the vectors that prompts are compared with. */
  Part activations() {
    return activations(corpusId);
  }

  /** Returns how many prompts the model evaluates at once. */
  int batchSize() {
    return tasks.windowsInFlight(windowLength());
  }

  /**
   * Returns how prompts are explained.
   *
   * @param frequencies null where the rule does not use them
   */
  Explainer.Settings settings(TokenFrequencies frequencies, int strings) {
    return new Explainer.Settings(rule, frequencies, strings, true);
  }

  /** Returns how strings are evidence. */
  Rule rule() {
    return rule;
  }

  /** Returns the run whose ranks count, if any do. */
  Optional<RunPlan> ranked() {
    return isAsInRun ? run : Optional.empty();
  }

  /**
   * Puts together what was found.
   *
   * @param isPlaced whether places of strings are kept
   */
  Explained explained(
      List<Prompt> given,
      Ranks ranks,
      boolean isPlaced,
      Explained.Read read,
      List<Explanation> explanations,
      Shades shades) {
    LOG.info("model={} corpus={} prompts={} read={}", model.id(), corpusId, given.size(), read);
    return new Explained(
        model.uri(),
        model.id(),
        model.vectors(),
        corpusId,
        run.map(RunPlan::runId).orElse(null),
        ranks.prompts(),
        whyUnranked(),
        isPlaced ? null : "no run has kept them; run again with its settings",
        read,
        explanations,
        shades == Shades.TOKENS ? shadings(given) : null);
  }

  /** What the prediction and the blocks' vectors of each prompt hang on. */
  List<ShadedPrompt> shadings(List<Prompt> prompts) {
    ResidualStream stream = LoadedModels.stream(model);
    boolean isAveraged = model.shape().vocabularySize() <= Replacement.MOST_AVERAGED;
    Replacement replacement = isAveraged ? Replacement.uniform(stream) : Replacement.mean(stream);
    Tokenizer tokenizer = Tokenizer.of(model.tokenizerJson());
    List<ShadedPrompt> shaded = new ArrayList<>();
    for (Prompt prompt : prompts) {
      int[] ids = model.input(prompt.tokenIds());
      shaded.add(
          ShadedPrompt.of(
              Shading.of(stream, ids, replacement, model.vectors(), model.blocks().numbers()),
              isAveraged ? "uniform" : "mean",
              Arrays.stream(ids).mapToObj(tokenizer::text).toList()));
    }

    return shaded;
  }

  /** What is kept of the places of strings: by the run, or else by any about the same corpus. */
  Optional<String> places() {
    return run.flatMap(RunPlan::places)
        .or(
            () ->
                warehouse.keys(Tables.PASSAGES, corpusId).stream()
                    .filter(
                        kept ->
                            warehouse.part(Tables.PASSAGES, corpusId, kept).isComplete()
                                && warehouse.part(Tables.OCCURRENCES, corpusId, kept).isComplete())
                    .sorted()
                    .findFirst());
  }

  private String whyUnranked() {
    return run.isEmpty()
        ? "this model has no published run in the warehouse"
        : isAsInRun ? null : "the rule is not the run's";
  }

  private Dataset<Row> evaluate(Dataset<Row> prompts, int count) {
    int partitions = Math.max(1, 4 * count / tasks.windowsPerTask());
    return Predictions.compute(
        prompts, model.onExecutors(spark), tasks.windowsInFlight(windowLength()), partitions);
  }

  private JoinSettings settings(int block, int prompts, int strings) {
    return new JoinSettings(
        rule.bins(model.blocks().place(block)),
        strings,
        model.shape().vocabularySize(),
        join.kernel(),
        prompts < PROMPTS_THAT_NEED_A_PLAN ? 0 : join.prefixAxes());
  }

  /** Evaluates the model on all windows and joins them: rows of evidence_pieces. */
  private Dataset<Row> pass(Dataset<Row> windows, long count, List<EvaluatedJoin.Side> sides) {
    EvaluatedJoin.Cut cut =
        WindowPass.cut(spark, count, tasks, tasks.windowsInFlight(windowLength()));
    EvaluatedJoin pass = EvaluatedJoin.of(windows, model.onExecutors(spark), cut, sides);
    progress.expect(pass.windowsDone(), (double) count);
    Dataset<Row> found = pass.evidence(0);
    for (int piece = 1; piece < cut.count(); piece++) {
      found = found.unionByName(pass.evidence(piece));
    }

    return kept(found);
  }

  private Dataset<Evidence> join(
      EvaluatedJoin.Side side, JoinPieces pieces, int count, long windows) {
    int block = side.block();
    SimilarStrings found =
        SimilarStrings.join(
            spark, pieces.of(block), side.promptActivations(), side.prompts(), side.settings());
    Dataset<Evidence> evidence = found.evidence().persist(StorageLevel.MEMORY_AND_DISK());
    progress.expect(found.compared(), (double) windows * count);
    evidence.count(); // once for all that is made of it
    LOG.info("block={} plan=\"{}\" settled={}", block, found.plan(), found.metrics());
    return evidence;
  }

  /** The few windows that are prompts or shown, so that the corpus's are read once. */
  private static Dataset<Row> windowsOf(
      Dataset<Row> windows, Dataset<Row> prompts, Dataset<Row> similarStrings) {
    Dataset<Row> ids =
        prompts.select("window_id").union(similarStrings.select("window_id")).distinct();
    return windows.join(broadcast(ids), new String[] {"window_id"}, "left_semi");
  }

  private static Dataset<Row> of(int block, Dataset<Row> rows) {
    return rows.withColumn("block", lit(block)).withColumn("run_id", lit(""));
  }

  /** Small as they are, every task of them costs more than its rows. */
  private Dataset<Row> inFewTasks(Dataset<Row> rows) {
    return rows.coalesce(spark.sparkContext().defaultParallelism());
  }

  private static Dataset<Row> kept(Dataset<Row> rows) {
    Dataset<Row> kept = rows.persist(StorageLevel.MEMORY_AND_DISK());
    kept.count();
    return kept;
  }
}
