/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.run;

import dev.kindred.jobs.option.JoinOptions;
import dev.kindred.jobs.workspace.Progress;
import dev.kindred.model.Blocks;
import dev.kindred.model.ModelShape;
import dev.kindred.model.files.ModelDirectory;
import dev.kindred.prediction.Rings;
import dev.kindred.similarity.EvaluatedJoin;
import dev.kindred.similarity.Evidence;
import dev.kindred.similarity.EvidenceRows;
import dev.kindred.similarity.JoinSettings;
import dev.kindred.similarity.SimilarStrings;
import dev.kindred.similarity.SimilarityBins;
import dev.kindred.table.Part;
import dev.kindred.table.Runs;
import dev.kindred.table.Table;
import dev.kindred.table.Tables;
import dev.kindred.table.Warehouse;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.IntPredicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.storage.StorageLevel;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Stage 5: the join of a prompt set with all windows, block by block: for a run at its thresholds,
 * or for all thresholds on a grid at once. Blocks that are done already stay; what another join has
 * found before is taken from there.
 */
public final class JoinStage {
  /** Property of the most similar strings: how many a prompt has at most. */
  private static final String KEPT = "kept";

  private static final Logger LOG = LoggerFactory.getLogger(JoinStage.class);

  private final SparkSession spark;
  private final Progress progress;
  private final JoinOptions options;
  private final int keepSimilar;
  private final Warehouse warehouse;
  private final ModelInput input;
  private final Joined of;
  private final JoinPieces pieces;
  private final boolean isCentred;
  private final boolean isEvaluated; // what is not stored

  /** What is joined. */
  private record Joined(
      ModelShape shape, Blocks blocks, String modelId, String corpusId, String promptSet) {}

  /**
   * Checks that all that is joined is there.
   *
   * @param keepSimilar strings kept for each prompt and block
   * @param isCentred whether similarities are of vectors without their block's mean
   * @throws dev.kindred.InvalidInput naming the command that is missing
   */
  public JoinStage(
      ModelInput input, String promptSet, JoinOptions options, int keepSimilar, boolean isCentred) {
    this.isCentred = isCentred;
    this.input = input;
    CorpusInput corpus = input.corpus();
    ModelDirectory model = input.model();
    corpus.windows();
    this.isEvaluated = input.isEvaluatedInJoins();
    if (!isEvaluated) {
      Stages.required(input.activations(), "activations");
    }

    Stages.required(corpus.part(Tables.PROMPTS, promptSet), "prompts");
    Stages.required(corpus.part(Tables.PROMPT_ACTIVATIONS, model.id(), promptSet), "prompts");
    this.spark = corpus.spark();
    this.progress = corpus.progress();
    this.options = options;
    this.keepSimilar = keepSimilar;
    this.warehouse = corpus.warehouse();
    this.of = new Joined(model.shape(), model.blocks(), model.id(), corpus.id(), promptSet);
    this.pieces = new JoinPieces(spark, warehouse, model, of.corpusId(), isCentred);
  }

  /**
   * Joins for a run: tables similar_strings and block_distributions, and ring_distributions where
   * its rule has rings.
   */
  public void joinFor(RunPlan run) {
    progress.begin("similar strings");
    takeOver(run);
    if (isEvaluated) {
      evaluateFor(run);
      return;
    }

    progress.weigh(
        weights(
            block -> wanted(run, block).isThere(),
            block -> binned(block, bins(run, block)).isPresent()));
    for (int block : of.blocks().numbers()) {
      Wanted wanted = wanted(run, block);
      if (wanted.isThere()) {
        progress.note("block %d is there already", block);
        progress.partDone();
        progress.partDone();
      } else {
        find(run, wanted);
      }
    }

    end(run);
  }

  private void end(RunPlan run) {
    progress.end(
        RunPlan.ofJoins(run.rule()).stream()
            .map(table -> warehouse.part(table, run.runId()))
            .toArray(Part[]::new));
  }

  /** The thresholds by which a run counts a block's strings apart. */
  private SimilarityBins bins(RunPlan run, int block) {
    return run.rule().bins(of.blocks().place(block));
  }

  /** Sums up what bins have, or joins where they have not. */
  private void find(RunPlan run, Wanted wanted) {
    int block = wanted.block();
    Optional<Binned> binned = binned(block, bins(run, block));
    if (binned.isPresent()) {
      progress.note("block %d is in similarity_bins", block);
      progress.partDone();
      sumUp(run, block, binned.get());
      progress.partDone();
      return;
    }

    join(wanted);
  }

  /** A part that is made of a join, and what it is made of. */
  private record Made(
      Part part,
      Function<Dataset<Evidence>, Dataset<Row>> rows,
      Function<Map<String, Double>, Map<String, String>> properties) {}

  /** What is wanted of a block's join. */
  private record Wanted(int block, JoinSettings settings, List<Made> parts) {
    private boolean isThere() {
      return parts.stream().allMatch(made -> made.part().isComplete());
    }

    private void write(Dataset<Evidence> evidence, Map<String, Double> metrics) {
      for (Made made : parts) {
        if (!made.part().isComplete()) {
          made.part().write(made.rows().apply(evidence), () -> made.properties().apply(metrics));
        }
      }
    }
  }

  private Made strings(Part part, Function<Dataset<Evidence>, Dataset<Row>> rows) {
    return new Made(part, rows, metrics -> Map.of(KEPT, Integer.toString(keepSimilar)));
  }

  private static Made counts(Part part, Function<Dataset<Evidence>, Dataset<Row>> rows) {
    return new Made(part, rows, JoinStage::asProperties);
  }

  private Wanted wanted(RunPlan run, int block) {
    JoinSettings settings = joinSettings(bins(run, block));
    List<Made> parts = new ArrayList<>();
    parts.add(strings(part(Tables.SIMILAR_STRINGS, run, block), EvidenceRows::mostSimilar));
    if (run.rule() instanceof Rings) {
      parts.add(
          counts(
              part(Tables.RING_DISTRIBUTIONS, run, block),
              evidence -> EvidenceRows.ringDistributions(evidence, settings)));
    }

    parts.add(
        counts(
            part(Tables.BLOCK_DISTRIBUTIONS, run, block),
            evidence -> EvidenceRows.blockDistributions(evidence, settings.vocabularySize())));
    return new Wanted(block, settings, parts);
  }

  private Part part(Table table, RunPlan run, int block) {
    return warehouse.part(table, run.runId(), block);
  }

  private Wanted wanted(int block, SimilarityBins bins) {
    JoinSettings settings = joinSettings(bins);
    return new Wanted(
        block,
        settings,
        List.of(
            strings(part(Tables.NEAREST_STRINGS, bins, block), EvidenceRows::nearestStrings),
            counts(
                part(Tables.SIMILARITY_BINS, bins, block),
                evidence -> EvidenceRows.similarityBins(evidence, settings))));
  }

  /** A side of a join that evaluates the model. */
  private EvaluatedJoin.Side side(Wanted wanted) {
    return new EvaluatedJoin.Side(
        of.promptSet(),
        wanted.block(),
        promptActivations(wanted.block()),
        warehouse.part(Tables.PROMPTS, of.promptSet()).read(),
        wanted.settings());
  }

  private Dataset<Row> promptActivations(int block) {
    return warehouse.part(Tables.PROMPT_ACTIVATIONS, of.modelId(), of.promptSet(), block).read();
  }

  /** Joins for a run in one pass over the windows. */
  private void evaluateFor(RunPlan run) {
    List<Wanted> all = new ArrayList<>();
    for (int block : of.blocks().numbers()) {
      Optional<Binned> binned = binned(block, bins(run, block));
      if (binned.isPresent()) {
        progress.note("block %d is in similarity_bins", block);
        sumUp(run, block, binned.get());
      } else {
        all.add(wanted(run, block));
      }
    }

    evaluate(Map.of(this, all));
    end(run);
  }

  /**
   * Makes what is wanted of some prompt sets in one pass over the windows. The pass is that of all
   * of it, also where some is there: one that died while it wrote has left its pieces.
   */
  private static void evaluate(Map<JoinStage, List<Wanted>> wanted) {
    if (wanted.values().stream().flatMap(List::stream).allMatch(Wanted::isThere)) {
      return;
    }

    JoinStage any = wanted.keySet().iterator().next();
    List<EvaluatedJoin.Side> sides = new ArrayList<>();
    double seconds = 0;
    for (int block : any.of.blocks().numbers()) { // a block's sides beside each other
      wanted.forEach(
          (stage, all) ->
              all.stream()
                  .filter(part -> part.block() == block)
                  .forEach(part -> sides.add(stage.side(part))));
    }

    double[] weights = new double[1 + sides.size()];
    for (Map.Entry<JoinStage, List<Wanted>> stage : wanted.entrySet()) {
      seconds +=
          stage.getValue().size() * JoinTime.comparing(any.windows(), stage.getKey().prompts());
      Arrays.fill(weights, 1, weights.length, JoinTime.writing(stage.getKey().prompts()));
    }

    weights[0] = 2 * seconds; // with the model, about
    any.progress.weigh(weights);
    WindowPass pass = new WindowPass(any.input, sides);
    pass.run();
    any.progress.partDone();
    for (Map.Entry<JoinStage, List<Wanted>> stage : wanted.entrySet()) {
      for (Wanted part : stage.getValue()) {
        if (part.isThere()) {
          any.progress.note("block %d is there already", part.block());
        } else {
          EvaluatedJoin.Side side = stage.getKey().side(part);
          Dataset<Evidence> evidence = pass.evidence(side).persist(StorageLevel.MEMORY_AND_DISK());
          part.write(evidence, pass.metrics(side));
          evidence.unpersist();
        }

        any.progress.partDone();
      }
    }

    pass.delete();
  }

  /** Joins for all thresholds on a grid: tables nearest_strings and similarity_bins. */
  public void joinFor(SimilarityBins bins) {
    if (isEvaluated) {
      progress.begin("similarity bins");
      evaluateFor(List.of(this), bins);
      return;
    }

    progress.begin(
        "similarity bins", weights(block -> wanted(block, bins).isThere(), block -> false));
    boolean joined = false;
    for (int block : of.blocks().numbers()) {
      Wanted wanted = wanted(block, bins);
      if (wanted.isThere()) {
        progress.note("block %d is there already", block);
        progress.partDone();
        progress.partDone();
      } else {
        joined = true;
        join(wanted);
      }
    }

    end(bins, joined);
  }

  /** Does the same for several prompt sets, in one pass over the windows if one is needed. */
  public static void joinFor(List<JoinStage> stages, SimilarityBins bins) {
    JoinStage first = stages.get(0);
    if (!first.isEvaluated) {
      stages.forEach(stage -> stage.joinFor(bins));
      return;
    }

    first.progress.begin("similarity bins");
    evaluateFor(stages, bins);
  }

  private static void evaluateFor(List<JoinStage> stages, SimilarityBins bins) {
    Map<JoinStage, List<Wanted>> wanted = new LinkedHashMap<>();
    for (JoinStage stage : stages) {
      wanted.put(
          stage,
          stage.of.blocks().numbers().stream().map(block -> stage.wanted(block, bins)).toList());
    }

    Set<JoinStage> joined =
        stages.stream()
            .filter(stage -> !wanted.get(stage).stream().allMatch(Wanted::isThere))
            .collect(Collectors.toSet());
    evaluate(wanted);
    for (JoinStage stage : stages) {
      if (stage != stages.get(0)) {
        stage.progress.begin("similarity bins"); // a step that the pass has done, too
      }

      stage.end(bins, joined.contains(stage));
    }
  }

  private void end(SimilarityBins bins, boolean joined) {
    List<Part> written =
        Stream.of(Tables.NEAREST_STRINGS, Tables.SIMILARITY_BINS)
            .map(
                table ->
                    warehouse.part(
                        table, of.modelId(), of.corpusId(), of.promptSet(), bins.toString()))
            .toList();
    if (joined) {
      Stages.audit(warehouse, "current", 1, of.shape(), of.blocks().numbers(), written);
    }

    progress.end(written.toArray(Part[]::new));
  }

  private long windows() {
    return warehouse.part(Tables.WINDOWS, of.corpusId()).rows();
  }

  private long prompts() {
    return warehouse.part(Tables.PROMPTS, of.promptSet()).rows();
  }

  /**
   * About how long each block takes, in seconds of a core: first to compare its pairs, then to
   * write what was found.
   */
  private double[] weights(IntPredicate isThere, IntPredicate isBinned) {
    double[] weights = new double[2 * of.blocks().count()];
    for (int place = 0; place < of.blocks().count(); place++) {
      int block = of.blocks().number(place);
      if (!isThere.test(block)) {
        weights[2 * place] = isBinned.test(block) ? 0 : JoinTime.comparing(windows(), prompts());
        weights[2 * place + 1] = JoinTime.writing(prompts());
      }
    }

    return weights;
  }

  private JoinSettings joinSettings(SimilarityBins bins) {
    return new JoinSettings(
        bins, keepSimilar, of.shape().vocabularySize(), options.kernel(), options.prefixAxes());
  }

  private Part part(Table table, SimilarityBins bins, int block) {
    return warehouse.part(
        table, of.modelId(), of.corpusId(), of.promptSet(), bins.toString(), block);
  }

  /** Evidence by bins that some edges are among, with as many strings as are wanted. */
  private Optional<Binned> binned(int block, SimilarityBins edges) {
    return warehouse
        .keys(Tables.SIMILARITY_BINS, of.modelId(), of.corpusId(), of.promptSet())
        .stream()
        .map(SimilarityBins::named)
        .filter(bins -> bins.isCentred() == isCentred)
        .filter(bins -> bins.hasEdgesOf(edges))
        .map(
            bins ->
                new Binned(
                    part(Tables.NEAREST_STRINGS, bins, block),
                    part(Tables.SIMILARITY_BINS, bins, block)))
        .filter(binned -> binned.isComplete() && binned.kept() >= keepSimilar)
        .findFirst();
  }

  private record Binned(Part strings, Part counts) {
    private boolean isComplete() {
      return strings.isComplete() && counts.isComplete();
    }

    private int kept() {
      return strings.facts(properties -> Integer.parseInt(properties.get(KEPT)));
    }
  }

  private void sumUp(RunPlan run, int block, Binned binned) {
    Part strings = part(Tables.SIMILAR_STRINGS, run, block);
    Part rings = part(Tables.RING_DISTRIBUTIONS, run, block);
    Part counts = part(Tables.BLOCK_DISTRIBUTIONS, run, block);
    SimilarityBins edges = bins(run, block);
    double threshold = edges.floor();
    if (!strings.isComplete()) {
      strings.write(EvidenceRows.mostSimilar(binned.strings().read(), threshold, keepSimilar));
    }

    if (run.rule() instanceof Rings && !rings.isComplete()) {
      rings.write(EvidenceRows.ringDistributions(binned.counts().read(), edges));
    }

    if (!counts.isComplete()) {
      Dataset<Row> prompts = warehouse.part(Tables.PROMPTS, of.promptSet()).read();
      counts.write(
          EvidenceRows.blockDistributions(binned.counts().read(), prompts, threshold),
          binned.counts()::properties);
    }
  }

  private void join(Wanted wanted) {
    int block = wanted.block();
    SimilarStrings join =
        SimilarStrings.join(
            spark,
            pieces.of(block),
            promptActivations(block),
            warehouse.part(Tables.PROMPTS, of.promptSet()).read(),
            wanted.settings());
    LOG.info("block={} plan=\"{}\"", block, join.plan());
    progress.expect(join.compared(), (double) windows() * prompts());
    Dataset<Evidence> evidence = join.evidence().persist(StorageLevel.MEMORY_AND_DISK());
    evidence.count();
    progress.partDone();
    wanted.write(evidence, join.metrics());
    evidence.unpersist();
    progress.partDone();
    LOG.info("block={} settled={}", block, join.metrics());
  }

  private static Map<String, String> asProperties(Map<String, Double> metrics) {
    Map<String, String> properties = new TreeMap<>();
    metrics.forEach((metric, value) -> properties.put(metric, value.toString()));
    return properties;
  }

  /** Lists the files of the last published run that differs in weights or alternates only. */
  private void takeOver(RunPlan run) {
    Optional<RunPlan> last =
        Runs.readable(warehouse).stream()
            .filter(
                ended ->
                    ended.isPublished()
                        && ended.modelId().equals(of.modelId())
                        && ended.corpusId().equals(of.corpusId())
                        && ended.promptSet().equals(of.promptSet()))
            .flatMap(ended -> RunPlan.ifReadable(warehouse, ended.runId()).stream())
            .filter(plan -> plan.joinIdentity().equals(run.joinIdentity()))
            .reduce((first, second) -> second);
    if (last.isEmpty()) {
      return;
    }

    for (int block : of.blocks().numbers()) {
      for (Table table : RunPlan.ofJoins(run.rule())) {
        Part part = warehouse.part(table, run.runId(), block);
        Part there = warehouse.part(table, last.get().runId(), block);
        if (!part.isComplete() && there.isComplete() && part.resume()) {
          if (part.isEmpty()) { // else a run that died has shared them already
            part.share(there);
          }

          part.complete(there.properties());
        }
      }
    }

    progress.note("those of run %s, which has the same join", last.get().runId());
  }
}
