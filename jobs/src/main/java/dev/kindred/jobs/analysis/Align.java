/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.analysis;

import dev.kindred.InvalidInput;
import dev.kindred.alignment.Alignments;
import dev.kindred.alignment.Directions;
import dev.kindred.jobs.report.AlignmentTable;
import dev.kindred.jobs.run.Stages;
import dev.kindred.model.ModelShape;
import dev.kindred.model.files.LoadedModels;
import dev.kindred.subspace.Stage;
import dev.kindred.subspace.Subspace;
import dev.kindred.subspace.Subspaces;
import dev.kindred.table.Tables;
import dev.kindred.table.Warehouse;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.storage.StorageLevel;

/**
 * Whether the feed-forward outputs of a run's prompts point at the tokens that follow their similar
 * strings, by the tokens' subspaces and by directions that were not learned.
 */
final class Align {
  /** The value of column {@code analysis} of {@code summaries} for what all directions share. */
  static final String ANALYSIS = "alignment";

  /** Of the subspaces that are taken unless others are named. */
  static final String RECIPE = "fast_n100_s42";

  private final AnalysedRun run;
  private final String recipe;
  private final int ranks;
  private final long seed;
  private final ModelShape shape;
  private final Map<String, Double> metrics = new TreeMap<>();
  private final List<String> notConverged = new ArrayList<>(); // lines of the summary

  private Align(AnalysedRun run, String recipe, int ranks, long seed) {
    this.run = run;
    this.recipe = recipe;
    this.ranks = ranks;
    this.seed = seed;
    this.shape = run.model().shape();
  }

  /**
   * Checks that what is aligned is there.
   *
   * @throws InvalidInput if there are no such subspaces, or what the run has left is not all there
   */
  static Align of(AnalysedRun run, String recipe, int ranks, long seed) {
    Align align = new Align(run, recipe, ranks, seed);
    Warehouse.Part last = align.subspaces(Stage.FINAL);
    if (!last.isComplete()) {
      throw new InvalidInput(
          "--warehouse %s: no subspaces %s of the stage %s for the model %s; find them with kindred"
              + " subspaces, or name others with --recipe",
          run.warehouse().root(), recipe, Stage.FINAL, run.model().uri());
    }

    align.activations();
    align.distributions();
    return align;
  }

  private Dataset<Row> activations() {
    return Stages.left(
        run.warehouse()
            .part(Tables.PROMPT_ACTIVATIONS, run.plan().modelId(), run.plan().promptSet()),
        "the command prompts");
  }

  private Dataset<Row> distributions() {
    for (int block = 0; block < shape.blocks(); block++) {
      Stages.left(
          run.warehouse().part(Tables.BLOCK_DISTRIBUTIONS, run.plan().runId(), block),
          "the commands similar and evaluate, as another run");
    }

    return run.warehouse().part(Tables.BLOCK_DISTRIBUTIONS, run.plan().runId()).read();
  }

  private Warehouse.Part subspaces(Stage stage) {
    return run.warehouse().part(Tables.SUBSPACES, run.plan().modelId(), stage.toString(), recipe);
  }

  /**
   * Computes what is not there yet.
   *
   * @return what was found, for the terminal
   */
  String align() {
    List<Directions> sets = directions();
    run.writeMissing(
        ANALYSIS,
        () -> write(sets.stream().filter(set -> !part(set).isComplete()).toList()),
        sets.stream().map(this::part).toArray(Warehouse.Part[]::new));
    for (Directions set : sets) {
      String analysis = ANALYSIS + "-" + set.key();
      run.summarize(analysis, () -> Alignments.agreement(part(set).read(), set.key()));
      metrics.putAll(run.metrics(analysis));
    }

    run.summarize(
        ANALYSIS, () -> Alignments.chance(part(sets.get(0)).read(), shape, run.promptCount()));
    metrics.putAll(run.metrics(ANALYSIS));
    return AlignmentTable.of(metrics).text() + String.join("", notConverged);
  }

  /** Of the final stage, then of others that are there, then those that were not learned. */
  private List<Directions> directions() {
    List<Directions> sets = new ArrayList<>();
    addSubspaces(sets, Stage.FINAL);
    for (int block = 1; block < shape.blocks(); block++) {
      Stage stage = new Stage(block);
      if (subspaces(stage).isComplete()) {
        addSubspaces(sets, stage);
      }
    }

    Directions unembedding = Directions.unembedding(LoadedModels.stream(run.model()));
    sets.add(unembedding);
    sets.add(unembedding.signed());
    sets.add(Directions.random(shape.vocabularySize(), shape.modelDimension(), seed));
    return sets;
  }

  private void addSubspaces(List<Directions> sets, Stage stage) {
    SortedMap<Integer, Subspaces.OfToken> found = Subspaces.collect(subspaces(stage).read(), ranks);
    List<Subspace> subspaces =
        found.values().stream().map(Subspaces.OfToken::subspace).toList(); // by token id
    if (subspaces.size() != shape.vocabularySize()) {
      throw new InvalidInput(
          "--recipe %s: the stage %s has subspaces of %d of the model's %d tokens; all are needed",
          recipe, stage, subspaces.size(), shape.vocabularySize());
    }

    int there = subspaces.stream().mapToInt(Subspace::ranks).min().orElseThrow();
    if (ranks > there) {
      throw new InvalidInput(
          "--ranks %d: the subspaces %s of the stage %s have %d directions each",
          ranks, recipe, stage, there);
    }

    long missed = found.values().stream().filter(token -> !token.converged()).count();
    if (missed > 0) {
      notConverged.add(
          String.format(
              Locale.ROOT,
              "Of %d tokens, %d have embeddings before %s that had not converged.%n",
              found.size(),
              missed,
              stage.equals(Stage.FINAL)
                  ? "the final norm"
                  : "block " + stage.block(shape.blocks())));
    }

    Directions directions = Directions.ofSubspaces(stage, recipe, subspaces, ranks);
    sets.add(directions);
    if (ranks == 1) {
      sets.add(directions.signed());
    }
  }

  private Warehouse.Part part(Directions set) {
    return run.warehouse().part(Tables.ALIGNMENTS, run.plan().runId(), set.key());
  }

  /** That are measured, at most: prompts without evidence in a block have none there. */
  private double rows(List<Directions> sets) {
    long blocks =
        sets.stream()
            .mapToLong(set -> IntStream.range(0, shape.blocks()).filter(set::isFor).count())
            .sum();
    return (double) run.promptCount() * blocks;
  }

  private void write(List<Directions> missing) {
    Broadcast<List<Directions>> sets =
        JavaSparkContext.fromSparkContext(run.spark().sparkContext()).broadcast(missing);
    Dataset<Row> measured =
        run.progress()
            .counted(Alignments.measure(activations(), distributions(), sets), rows(missing))
            .persist(StorageLevel.MEMORY_AND_DISK());
    for (Directions set : missing) {
      part(set).write(Alignments.of(measured, set.key()));
    }

    measured.unpersist();
    sets.destroy();
  }

  /** For scripts; NaN if no prompt has evidence in the last block. */
  String lastLine() {
    String lastBlock = ".block." + (shape.blocks() - 1) + ".";
    return String.format(
        Locale.ROOT,
        "analysis=%s last_block_agreement=%.4f last_block_chance=%.4f",
        ANALYSIS,
        metrics.getOrDefault(
            "alignment." + Directions.keyOf(Stage.FINAL, recipe, ranks) + lastBlock + "agreement",
            Double.NaN),
        metrics.getOrDefault("alignment" + lastBlock + "chance.closed_form", Double.NaN));
  }
}
