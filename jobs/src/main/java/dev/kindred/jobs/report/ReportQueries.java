/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.report;

import dev.kindred.InvalidInput;
import dev.kindred.Location;
import dev.kindred.evaluation.Summaries;
import dev.kindred.explanation.Explainer;
import dev.kindred.explanation.Explanation;
import dev.kindred.explanation.Explanations;
import dev.kindred.explanation.Places;
import dev.kindred.explanation.Ranks;
import dev.kindred.jobs.report.Findings.OfPrompt;
import dev.kindred.model.BlockVector;
import dev.kindred.model.files.ModelDirectory;
import dev.kindred.prediction.ModelPredictions;
import dev.kindred.prediction.Rings;
import dev.kindred.prediction.Rule;
import dev.kindred.table.Figures;
import dev.kindred.table.Figures.Measure;
import dev.kindred.table.Part;
import dev.kindred.table.Runs;
import dev.kindred.table.Tables;
import dev.kindred.table.Warehouse;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.functions;
import org.apache.spark.storage.StorageLevel;

/** Reads from a warehouse what a report shows. */
public final class ReportQueries {
  /** The setting of a run that says what its model was checked by. */
  public static final String MODEL_CHECK = "model-check";

  /** The setting of a run that says where its thresholds and weights are from. */
  public static final String RULE = "rule";

  /** The value of {@link #RULE} where thresholds and weights were chosen by evidence. */
  public static final String CHOSEN = "chosen by windows that are not prompts";

  private static final int STRINGS = 5;

  /** The page has to stay below 10 MiB, and what else is on it takes about one. */
  private static final long EXPLORER_BYTES = 9_000_000;

  /** Prompts that can be found in the page, at most. */
  private static final int EXPLORED = 50_000;

  /**
   * So many prompts explained best, and so many explained worst, come first: they can be found in
   * the page whatever its size.
   */
  private static final int EXTREMES = 200;

  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss 'UTC'").withZone(ZoneOffset.UTC);

  private ReportQueries() {}

  /**
   * Reads a published run.
   *
   * @param model of the run
   * @param blocks that the run looked at
   * @param rule of them
   * @param losses of the model's training, or null
   * @param command that makes the run again
   * @param prompts how many to show, of every kind
   * @param alternates ids of the models for the noise floor
   * @param analyses what has been found about the run since
   * @param ofPrompts says what analyses tell of the prompts that are shown, by their ids
   * @throws InvalidInput if the run is not published
   */
  public static ReportData read(
      Warehouse warehouse,
      String runId,
      ModelDirectory model,
      List<Integer> blocks,
      Rule rule,
      LossCurve losses,
      String command,
      int prompts,
      List<String> alternates,
      List<Findings> analyses,
      Function<List<Explanation>, List<Map<Integer, OfPrompt>>> ofPrompts) {
    Row run =
        Runs.published(warehouse, runId)
            .orElseThrow(
                () ->
                    new InvalidInput(
                        "--run-id %s: not published yet; run the command evaluate first", runId));
    Figures figures = figures(warehouse, runId);
    List<Row> distances =
        warehouse
            .part(Tables.DISTANCES, runId)
            .read()
            .select("prompt_id", "hellinger", "hellinger_leave_one_out")
            .sort("hellinger", "prompt_id")
            .collectAsList();
    int[] ids = distances.stream().mapToInt(row -> row.getInt(0)).toArray();
    int[] explored =
        IntStream.of(EvenOrder.of(ids.length, EXTREMES)).limit(EXPLORED).map(i -> ids[i]).toArray();
    JavaRDD<Explanation> explanations =
        explanations(
                warehouse,
                run,
                model,
                new Explainer.Settings(
                    rule,
                    rule.frequencies(
                        warehouse.part(Tables.WINDOWS, run.<String>getAs("corpus_id")).read(),
                        model.shape().vocabularySize()),
                    STRINGS,
                    false),
                IntStream.of(explored))
            .persist(StorageLevel.MEMORY_AND_DISK_SER());
    List<ReportData.Group> groups =
        groups(
            explanations,
            Examples.choose(candidates(runId, explanations, explored), prompts),
            some -> placed(warehouse, run, some, model.tokenizerJson()));
    ReportData data =
        new ReportData(
            runId,
            subject(run.getJavaMap(run.fieldIndex("settings")), run.getAs("corpus_id")),
            TIME.format(run.getTimestamp(run.fieldIndex("published_at")).toInstant()),
            model.vectors(),
            facts(run, warehouse, figures, model.vectors()),
            figures,
            ReportData.Block.of(figures, blocks, rule),
            joins(figures, blocks),
            curves(warehouse, runId, blocks, rule.thresholds()),
            analyses,
            losses,
            new PromptDistances(
                distances.stream().mapToDouble(row -> row.getDouble(2)).toArray(),
                ofNGram(warehouse, runId, figures),
                ofOtherModels(warehouse, run, alternates)),
            groups,
            ofPrompts.apply(groups.stream().flatMap(group -> group.prompts().stream()).toList()),
            PromptExplorer.pack(explanations, explored, ids.length, EXPLORER_BYTES),
            command);
    explanations.unpersist();
    return data;
  }

  private static double[] ofNGram(Warehouse warehouse, String runId, Figures figures) {
    String ngram = AgainstNGram.baseline(figures).orElse(null);
    return ngram == null
        ? new double[0]
        : distances(
            warehouse
                .part(Tables.BASELINES, runId)
                .read()
                .where(functions.col("baseline").equalTo(ngram))
                .select("hellinger_leave_one_out"));
  }

  /** The mean distance of the model and others of every prompt, as the noise floor takes it. */
  private static double[] ofOtherModels(Warehouse warehouse, Row run, List<String> alternates) {
    return alternates.stream()
        .map(
            alternate ->
                warehouse
                    .part(
                        Tables.MODEL_DISTANCES,
                        run.<String>getAs("model_id"),
                        run.<String>getAs("prompt_set"),
                        alternate)
                    .read()
                    .select("prompt_id", "hellinger"))
        .reduce(Dataset::union)
        .map(rows -> distances(rows.groupBy("prompt_id").avg("hellinger").select("avg(hellinger)")))
        .orElse(new double[0]);
  }

  private static double[] distances(Dataset<Row> rows) {
    return rows.collectAsList().stream().mapToDouble(row -> row.getDouble(0)).toArray();
  }

  /**
   * Returns a published run's own figures.
   *
   * @throws InvalidInput if the run is not whole
   */
  public static Figures figures(Warehouse warehouse, String runId) {
    Runs.checkWhole(warehouse, runId);
    return Figures.of(warehouse.part(Tables.SUMMARIES, runId, Summaries.OF_RUN).read());
  }

  /** Names a run's model and corpus by the last parts of their addresses. */
  static String subject(Map<String, String> settings, String corpusId) {
    return Location.lastName(settings.get("model"))
        + " on "
        + Location.lastName(settings.getOrDefault("corpus", corpusId));
  }

  /** Says how many prompts there are, and where they are from. */
  static String prompts(double count, Map<String, String> settings, String promptSet) {
    String from = settings.get("prompts");
    return from.matches("\\d+")
        ? String.format(
            Locale.ROOT,
            "%,.0f drawn with seed %s (%s)",
            count,
            settings.get("prompt-seed"),
            promptSet)
        : String.format(Locale.ROOT, "%,.0f from %s (%s)", count, from, promptSet);
  }

  private static List<ReportData.Fact> facts(
      Row run, Warehouse warehouse, Figures figures, BlockVector vectors) {
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
            "model",
            settings.get("model")
                + " ("
                + run.<String>getAs("model_id")
                + ")"
                + ("none".equals(settings.get(MODEL_CHECK))
                    ? ", without a self-check (kindred check-model makes one)"
                    : "")));
    if (CHOSEN.equals(settings.get(RULE))) {
      facts.add(
          new ReportData.Fact(
              "rule", (hasRings(settings) ? "its rings were " : "its numbers were ") + CHOSEN));
    }

    facts.add(
        new ReportData.Fact(
            "prompts",
            prompts(
                figures.get(Summaries.of(Summaries.PROMPTS).compatible(), "count"),
                settings,
                run.<String>getAs("prompt_set"))));
    String saturation = settings.getOrDefault("saturation", "none");
    facts.add(
        new ReportData.Fact(
            "mixture",
            hasRings(settings)
                ? "rings of similarity, each smoothed with the looser one, multiplied"
                : saturation.equals("none")
                    ? "weighted sum of the blocks' counts"
                    : "weighted sum of the blocks' counts, which saturate at " + saturation));
    boolean isCentred = Boolean.parseBoolean(settings.get("center"));
    if (isCentred || vectors != BlockVector.FFN_OUT) {
      facts.add(
          new ReportData.Fact(
              "similarity",
              "cosine of "
                  + vectors.words()
                  + (isCentred ? " less their block's mean over all windows" : "")));
    }

    facts.add(new ReportData.Fact("run", run.getAs("run_id")));
    Instant started = run.getTimestamp(run.fieldIndex("started_at")).toInstant();
    Instant published = run.getTimestamp(run.fieldIndex("published_at")).toInstant();
    facts.add(
        new ReportData.Fact(
            "begun",
            String.format(
                Locale.ROOT,
                "%s, published %,d s later",
                TIME.format(started),
                Duration.between(started, published).toSeconds())));
    int stages = run.fieldIndex("stage_seconds");
    if (!run.isNullAt(stages)) {
      Map<String, Double> seconds = run.getJavaMap(stages);
      facts.add(
          new ReportData.Fact(
              "time of stages",
              seconds.entrySet().stream()
                  .sorted(Map.Entry.<String, Double>comparingByValue().reversed())
                  .map(
                      stage ->
                          String.format(
                              Locale.ROOT, "%s %,.1f s", stage.getKey(), stage.getValue()))
                  .collect(Collectors.joining(", "))));
    }

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

  private static boolean hasRings(Map<String, String> settings) {
    return !settings.getOrDefault("rings", "none").equals("none"); // earlier versions had none
  }

  private static List<ThresholdCurve> curves(
      Warehouse warehouse, String runId, List<Integer> blocks, double[] thresholds) {
    Part part = warehouse.part(Tables.THRESHOLD_CURVES, runId);
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
    double greatest =
        points.values().stream()
            .flatMap(List::stream)
            .mapToDouble(ThresholdCurve.Point::distance)
            .max()
            .orElse(1);
    double top = Math.ceil(10 * greatest) / 10;
    return points.entrySet().stream()
        .map(
            block ->
                new ThresholdCurve(
                    block.getKey(),
                    thresholds[blocks.indexOf(block.getKey())],
                    block.getValue(),
                    top))
        .toList();
  }

  static List<ReportData.Join> joins(Figures figures, List<Integer> blocks) {
    List<ReportData.Join> joins = new ArrayList<>();
    for (int block : blocks) {
      Measure join = Summaries.JOIN.block(block);
      if (figures.has(join, "axes")) {
        joins.add(
            new ReportData.Join(
                block,
                (int) figures.get(join, "axes"),
                figures.get(join, "by_prefix"),
                figures.get(join, "by_float"),
                figures.get(join, "by_double")));
      }
    }

    return joins;
  }

  private static JavaRDD<Explanation> explanations(
      Warehouse warehouse,
      Row run,
      ModelDirectory model,
      Explainer.Settings settings,
      IntStream promptIds) {
    Explanations.Findings findings = findings(warehouse, run, model, settings.rule());
    Dataset<Row> some =
        findings
            .prompts()
            .sparkSession()
            .createDataset(promptIds.distinct().boxed().toList(), Encoders.INT())
            .toDF("prompt_id");
    return Explanations.of(
        findings.of(some), settings, model.tokenizerJson(), Ranks.collect(findings.distances()));
  }

  /** Explanations with the first place of each string, if the run has kept them. */
  private static List<Explanation> placed(
      Warehouse warehouse, Row run, List<Explanation> some, String tokenizerJson) {
    String places = Runs.places(warehouse, run.getAs("run_id")).orElse(null);
    if (places == null) { // an earlier version's run
      return some;
    }

    Map<String, String> settings = run.getJavaMap(run.fieldIndex("settings"));
    String corpusId = run.getAs("corpus_id");
    return Places.in(
        some,
        warehouse.part(Tables.OCCURRENCES, corpusId, places).read(),
        warehouse.part(Tables.PASSAGES, corpusId, places).read(),
        Integer.parseInt(settings.get("window-length")),
        tokenizerJson,
        1);
  }

  /** Everything that is known about a run's prompts. */
  private static Explanations.Findings findings(
      Warehouse warehouse, Row run, ModelDirectory model, Rule rule) {
    String promptSet = run.getAs("prompt_set");
    String runId = run.getAs("run_id");
    return new Explanations.Findings(
        warehouse.part(Tables.PROMPTS, promptSet).read(),
        ModelPredictions.read(warehouse, model, promptSet),
        warehouse.part(Tables.SIMILAR_STRINGS, runId).read(),
        warehouse.part(Tables.BLOCK_DISTRIBUTIONS, runId).read(),
        rule instanceof Rings ? warehouse.part(Tables.RING_DISTRIBUTIONS, runId).read() : null,
        warehouse.part(Tables.APPROXIMATIONS, runId).read(),
        warehouse.part(Tables.DISTANCES, runId).read(),
        warehouse.part(Tables.WINDOWS, run.<String>getAs("corpus_id")).read());
  }

  /** What says which of the explained prompts are examples. */
  private static List<Examples.Candidate> candidates(
      String runId, JavaRDD<Explanation> explanations, int[] explored) {
    List<Examples.Candidate> candidates = explanations.map(Examples.Candidate::of).collect();
    Set<Integer> there =
        candidates.stream().map(Examples.Candidate::promptId).collect(Collectors.toSet());
    IntStream.of(explored)
        .filter(id -> !there.contains(id))
        .findFirst()
        .ifPresent(
            id -> {
              throw new InvalidInput(
                  "run %s: its distances have prompt %d, its prompts have not: they are not of one"
                      + " run; remove runs/run_id=%s and distances/run_id=%s from the warehouse and"
                      + " run again",
                  runId, id, runId, runId);
            });
    return candidates;
  }

  /**
   * The shown prompts by their kinds.
   *
   * @param shown ids of prompts by the names of kinds
   * @param placed gives similar strings their places
   */
  private static List<ReportData.Group> groups(
      JavaRDD<Explanation> explanations,
      Map<String, List<Integer>> shown,
      UnaryOperator<List<Explanation>> placed) {
    Set<Integer> ids = shown.values().stream().flatMap(List::stream).collect(Collectors.toSet());
    Map<Integer, Explanation> prompts =
        placed
            .apply(explanations.filter(prompt -> ids.contains(prompt.promptId())).collect())
            .stream()
            .collect(Collectors.toMap(Explanation::promptId, prompt -> prompt));
    return shown.entrySet().stream()
        .map(
            kind ->
                new ReportData.Group(
                    kind.getKey(), kind.getValue().stream().map(prompts::get).toList()))
        .toList();
  }
}
