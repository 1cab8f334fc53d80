/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.analysis;

import dev.kindred.InvalidInput;
import dev.kindred.alignment.Alignments;
import dev.kindred.alignment.Directions;
import dev.kindred.jobs.analysis.AnalysedRun.Output;
import dev.kindred.jobs.report.Findings.Note;
import dev.kindred.jobs.run.Stages;
import dev.kindred.model.ModelShape;
import dev.kindred.model.files.LoadedModels;
import dev.kindred.subspace.Stage;
import dev.kindred.subspace.Subspace;
import dev.kindred.subspace.Subspaces;
import dev.kindred.table.Part;
import dev.kindred.table.Tables;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SortedMap;
import java.util.stream.IntStream;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/** Measures the alignment of a run with the directions of one recipe, and with others. */
final class Alignment {
  private final AnalysedRun run;
  private final String recipe;
  private final int ranks;
  private final long seed;
  private final ModelShape shape;
  private final List<Note> notConverged = new ArrayList<>();

  /**
   * Checks that what is aligned is there.
   *
   * @param recipe by which embeddings were learned
   * @param ranks directions of each token
   * @param seed of the random directions
   * @throws InvalidInput if there are no such subspaces, or what the run has left is not all there
   */
  Alignment(AnalysedRun run, String recipe, int ranks, long seed) {
    this.run = run;
    this.recipe = recipe;
    this.ranks = ranks;
    this.seed = seed;
    this.shape = run.model().shape();
    Part last = subspaces(Stage.FINAL);
    if (!last.isComplete()) {
      throw new InvalidInput(
          "--warehouse %s: no subspaces %s of the stage %s for the model %s; find them with kindred"
              + " subspaces, or name others with --recipe",
          run.warehouse().root(), recipe, Stage.FINAL, run.model().uri());
    }

    activations();
    distributions();
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

  private Part subspaces(Stage stage) {
    return run.warehouse().part(Tables.SUBSPACES, run.plan().modelId(), stage.toString(), recipe);
  }

  /**
   * Measures what is not there yet.
   *
   * @param analysis value of the column {@code analysis} for what all directions share
   * @return notes of embeddings that had not converged
   */
  List<Note> measure(String analysis) {
    List<Directions> sets = directions();
    List<Directions> missing = sets.stream().filter(set -> !part(set).isComplete()).toList();
    Broadcast<List<Directions>> broadcast = run.broadcast(missing);
    run.writeMissing(
        analysis,
        rows(missing),
        () -> Alignments.measure(activations(), distributions(), broadcast),
        sets.stream()
            .map(set -> new Output(part(set), measured -> Alignments.of(measured, set.key())))
            .toList());
    broadcast.destroy();
    for (Directions set : sets) {
      run.summarize(analysis + "-" + set.key(), () -> Alignments.agreement(part(set).read(), set));
    }

    run.summarize(
        analysis, () -> Alignments.chance(part(sets.get(0)).read(), shape, run.promptCount()));
    return notConverged;
  }

  /**
   * Returns the subspaces of the final stage, then those of other stages that are there, then
   * directions that were not learned.
   */
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
          Note.everywhere(
              String.format(
                  Locale.ROOT,
                  "Of %d tokens, %d have embeddings before %s that had not converged.",
                  found.size(),
                  missed,
                  stage.equals(Stage.FINAL)
                      ? "the final norm"
                      : "block " + stage.block(shape.blocks()))));
    }

    Directions directions = Directions.ofSubspaces(stage, recipe, subspaces, ranks);
    sets.add(directions);
    if (ranks == 1) {
      sets.add(directions.signed());
    }
  }

  private Part part(Directions set) {
    return run.warehouse().part(Tables.ALIGNMENTS, run.plan().runId(), set.key());
  }

  /**
   * Returns how many rows are measured at most; prompts without evidence in a block have none
   * there.
   */
  private double rows(List<Directions> sets) {
    long blocks =
        sets.stream()
            .mapToLong(set -> IntStream.range(0, shape.blocks()).filter(set::isFor).count())
            .sum();
    return (double) run.promptCount() * blocks;
  }
}
