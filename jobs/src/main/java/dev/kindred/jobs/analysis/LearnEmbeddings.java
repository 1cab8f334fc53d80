/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.analysis;

import static org.apache.spark.sql.functions.expr;

import dev.kindred.jobs.report.Findings;
import dev.kindred.jobs.report.Findings.Column;
import dev.kindred.jobs.report.Findings.Grid;
import dev.kindred.jobs.report.Findings.Note;
import dev.kindred.jobs.report.Findings.Row;
import dev.kindred.jobs.report.VisibleText;
import dev.kindred.jobs.run.Stages;
import dev.kindred.jobs.workspace.Progress;
import dev.kindred.jobs.workspace.Workspace;
import dev.kindred.subspace.EmbeddingRecipe;
import dev.kindred.subspace.LearnedEmbeddings;
import dev.kindred.table.Part;
import dev.kindred.table.Tables;
import dev.kindred.table.Warehouse;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.apache.spark.sql.SparkSession;

/**
 * Learns a selection's embeddings. Groups that a job which died had finished stay; one that is
 * complete is left as it is.
 */
final class LearnEmbeddings {
  private static final int MOST_TASKS = 1_000; // each writes a file
  private static final int TASKS_PER_CORE = 8;
  private static final int UNITS_PER_TASK = 8; // or fewer
  private static final long ROW_BYTES = 64; // beside the vector

  private final SparkSession spark;
  private final Progress progress;
  private final Warehouse warehouse;
  private final EmbeddingSelection selection;
  private final Part part;
  private String lastLine;

  LearnEmbeddings(Workspace workspace, Warehouse warehouse, EmbeddingSelection selection) {
    this.spark = workspace.spark();
    this.progress = workspace.progress();
    this.warehouse = warehouse;
    this.selection = selection;
    this.part = selection.part(warehouse, Tables.LEARNED_EMBEDDINGS, selection.recipe().key());
  }

  /** Learns what is not there yet, and returns what there is. */
  Findings learn() {
    if (part.isComplete()) {
      progress.reused("embeddings", part);
      return found();
    }

    progress.begin("embeddings");
    if (!part.resume()) {
      progress.end(part);
      return found();
    }

    List<EmbeddingRecipe.Unit> missing = missing();
    progress.note(
        "%,d of %,d groups to learn, up to %d vectors each",
        missing.size(), selection.recipe().units().size(), EmbeddingRecipe.GROUP);
    if (!missing.isEmpty()) {
      long vectors = missing.stream().mapToLong(EmbeddingRecipe.Unit::count).sum();
      warehouse.checkFree(
          "the table learned_embeddings",
          vectors * (ROW_BYTES + 4L * selection.model().shape().modelDimension()));
      part.appendByTask(
          progress.counted(
              LearnedEmbeddings.learn(
                  spark,
                  selection.model().onExecutors(spark),
                  selection.stage(),
                  selection.recipe(),
                  missing,
                  tasks(missing.size())),
              vectors));
    }

    part.complete(Map.of());
    Stages.audit(warehouse, selection.model().shape(), part);
    progress.end(part);
    return found();
  }

  /**
   * Returns so many tasks that none loses much when it dies, and cores end together. Each task
   * writes a file.
   */
  private int tasks(int units) {
    int forCores = TASKS_PER_CORE * spark.sparkContext().defaultParallelism();
    int small = (units + UNITS_PER_TASK - 1) / UNITS_PER_TASK;
    return Math.min(MOST_TASKS, Math.min(units, Math.max(forCores, small)));
  }

  /** Groups whose first vector is not there: a task commits whole groups. */
  private List<EmbeddingRecipe.Unit> missing() {
    Set<String> there = new HashSet<>();
    for (org.apache.spark.sql.Row row :
        part.readSoFar()
            .select("token_id", "restart")
            .where("restart % " + EmbeddingRecipe.GROUP + " = 0")
            .collectAsList()) {
      there.add(row.getInt(0) + "/" + row.getInt(1));
    }

    return selection.recipe().units().stream()
        .filter(unit -> !there.contains(unit.tokenId() + "/" + unit.first()))
        .toList();
  }

  private Findings found() {
    List<org.apache.spark.sql.Row> rows =
        new ArrayList<>(
            part.read()
                .select(
                    expr("token_id"),
                    expr("restart"),
                    expr("nats"),
                    expr("steps"),
                    expr("converged"),
                    expr("sqrt(aggregate(embedding, 0D, (sum, x) -> sum + double(x) * x))"))
                .collectAsList());
    // For sums that do not depend on partitions.
    rows.sort((a, b) -> Arrays.compare(key(a), key(b)));
    int[] steps =
        rows.stream()
            .filter(row -> row.getInt(1) % EmbeddingRecipe.GROUP == 0)
            .mapToInt(row -> row.getInt(3))
            .sorted()
            .toArray();
    Map<Integer, List<Double>> failed = new TreeMap<>(); // nats of tokens
    for (org.apache.spark.sql.Row row : rows) {
      if (!row.getBoolean(4)) {
        failed.computeIfAbsent(row.getInt(0), token -> new ArrayList<>()).add(row.getDouble(2));
      }
    }

    double[] norms = rows.stream().mapToDouble(row -> row.getDouble(5)).toArray();
    double mean = Arrays.stream(norms).average().orElseThrow();
    double deviation =
        Math.sqrt(
            Arrays.stream(norms).map(norm -> (norm - mean) * (norm - mean)).sum()
                / Math.max(1, norms.length - 1));
    EmbeddingRecipe recipe = selection.recipe();
    int tokens = recipe.tokenIds().size();
    lastLine =
        String.format(
            Locale.ROOT,
            "kindred: learned_embeddings=%dx%d converged=%d stage=%s recipe=%s",
            tokens,
            recipe.restarts(),
            tokens - failed.size(),
            selection.stage(),
            recipe.key());
    return new Findings(
        "",
        List.of(
            new Grid(
                "Learned embeddings",
                String.format(
                    Locale.ROOT, "%,d tokens x %,d embeddings", tokens, recipe.restarts()),
                List.of(Column.of("")),
                List.of(
                    Row.of(
                        "  steps",
                        String.format(
                            Locale.ROOT,
                            "min %,d, median %,d, max %,d",
                            steps[0],
                            steps[steps.length / 2],
                            steps[steps.length - 1])),
                    Row.of(
                        "  norm",
                        String.format(Locale.ROOT, "%.3f \u00b1 %.3f", mean, deviation)))),
            Note.everywhere(
                "tokens not converged: "
                    + (failed.isEmpty()
                        ? "none"
                        : failed.size() + ", with their mean nats: " + named(failed)))),
        List.of());
  }

  /** Returns the line for scripts, once it is known what there is. */
  String lastLine() {
    return lastLine;
  }

  private static int[] key(org.apache.spark.sql.Row row) {
    return new int[] {row.getInt(0), row.getInt(1)};
  }

  private String named(Map<Integer, List<Double>> failed) {
    return failed.entrySet().stream()
        .map(
            token ->
                String.format(
                    Locale.ROOT,
                    "%s %.2g",
                    VisibleText.shown(selection.token(token.getKey())),
                    token.getValue().stream()
                        .mapToDouble(Double::doubleValue)
                        .average()
                        .orElseThrow()))
        .collect(Collectors.joining(", "));
  }
}
