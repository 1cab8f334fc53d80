/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.analysis;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.floor;

import dev.kindred.attribution.Attributions;
import dev.kindred.attribution.Attributions.Asked;
import dev.kindred.jobs.run.Stages;
import dev.kindred.jobs.workspace.Progress;
import dev.kindred.jobs.workspace.Workspace;
import dev.kindred.model.files.ModelDirectory;
import dev.kindred.table.Part;
import dev.kindred.table.Tables;
import dev.kindred.table.Warehouse;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.storage.StorageLevel;

/**
 * Fills the tables of attributions, group of prompts by group. Groups that a job which died had
 * finished stay; tables that are complete are left as they are.
 */
final class AttributeGrid {
  private static final String STEP = "attributions";
  private static final int GROUP = 1024; // prompts; of another number groups would not be found
  private static final int TASKS_PER_CORE = 8;
  private static final long SCORE_BYTES = 40; // at most, of a compressed row
  private static final long CHECK_BYTES = 400;
  private static final long ORDERS = 6; // at most
  private static final long SCORES = 13; // at most

  private final SparkSession spark;
  private final Progress progress;
  private final Warehouse warehouse;
  private final ModelDirectory model;
  private final Asked asked;
  private final int together; // prompts of a group

  AttributeGrid(Workspace workspace, Warehouse warehouse, ModelDirectory model, Asked asked) {
    this(workspace, warehouse, model, asked, GROUP);
  }

  /**
   * @param together prompts of a group
   */
  AttributeGrid(
      Workspace workspace, Warehouse warehouse, ModelDirectory model, Asked asked, int together) {
    this.spark = workspace.spark();
    this.progress = workspace.progress();
    this.warehouse = warehouse;
    this.model = model;
    this.asked = asked;
    this.together = together;
  }

  /**
   * What the tables have of a question.
   *
   * @param scores rows of {@link Tables#ATTRIBUTIONS}
   * @param checks rows of {@link Tables#ATTRIBUTION_CHECKS}
   */
  record Filled(Dataset<Row> scores, Dataset<Row> checks) {
    /** Returns what there is of the first prompts. */
    Filled first(int prompts) {
      return new Filled(
          scores.where(col("prompt_id").lt(prompts)), checks.where(col("prompt_id").lt(prompts)));
    }
  }

  /** Computes what is not there yet, and returns what there is. */
  Filled filled() {
    Part scores = scores();
    Part checks = checks();
    if (scores.isComplete() && checks.isComplete()) {
      progress.reused(STEP, scores);
      progress.reused(STEP, checks);
    } else {
      progress.begin(STEP);
      fill(scores, checks);
      progress.end(scores, checks);
    }

    return new Filled(scores.read(), checks.read());
  }

  /** The part of {@link Tables#ATTRIBUTIONS}. */
  Part scores() {
    return warehouse.part(Tables.ATTRIBUTIONS, model.id(), asked.key());
  }

  /** The part of {@link Tables#ATTRIBUTION_CHECKS}. */
  Part checks() {
    return warehouse.part(Tables.ATTRIBUTION_CHECKS, model.id(), asked.key());
  }

  private void fill(Part scores, Part checks) {
    Set<Integer> withoutScores = missing(scores);
    Set<Integer> withoutChecks = missing(checks);
    Set<Integer> missing = new TreeSet<>(withoutScores);
    missing.addAll(withoutChecks);
    int there = asked.prompts().size() - missing.stream().mapToInt(this::size).sum();
    progress.note("%,d prompts, %,d of them there already", asked.prompts().size(), there);
    checkFree(withoutScores, withoutChecks);
    progress.weigh(missing.stream().mapToDouble(this::size).toArray());
    for (int group : missing) {
      append(
          group,
          withoutScores.contains(group) ? scores : null,
          withoutChecks.contains(group) ? checks : null);
      progress.partDone();
    }

    complete(scores);
    complete(checks);
  }

  /**
   * Computes a group once, for both tables.
   *
   * @param scores null if they are there
   * @param checks null if they are there
   */
  void append(int group, Part scores, Part checks) {
    int from = group * together;
    int tasks = Math.min(size(group), TASKS_PER_CORE * spark.sparkContext().defaultParallelism());
    Dataset<Row> measured =
        progress
            .counted(
                Attributions.measure(
                    spark, model.onExecutors(spark), asked, from, from + size(group), tasks),
                size(group))
            .persist(StorageLevel.MEMORY_AND_DISK());
    if (scores != null) {
      scores.append(Attributions.scores(measured));
    }

    if (checks != null) {
      checks.append(Attributions.checks(measured));
    }

    measured.unpersist();
  }

  private void complete(Part part) {
    if (!part.isComplete()) {
      part.complete(Map.of());
      Stages.audit(warehouse, model.shape(), part);
    }
  }

  /** The groups that a part does not have. */
  private Set<Integer> missing(Part part) {
    if (!part.resume()) {
      return Set.of();
    }

    List<Row> there =
        part.readSoFar()
            .select(floor(col("prompt_id").divide(together)).cast("int"))
            .distinct()
            .collectAsList();
    Set<Integer> missing =
        IntStream.range(0, groups()).boxed().collect(Collectors.toCollection(TreeSet::new));
    there.forEach(row -> missing.remove(row.getInt(0)));
    return missing;
  }

  private void checkFree(Set<Integer> withoutScores, Set<Integer> withoutChecks) {
    warehouse.checkFree("the table attributions", tokens(withoutScores) * SCORES * SCORE_BYTES);
    warehouse.checkFree(
        "the table attribution_checks",
        withoutChecks.stream().mapToLong(this::size).sum() * ORDERS * CHECK_BYTES);
  }

  private long tokens(Set<Integer> groups) {
    return groups.stream()
        .flatMap(
            group ->
                asked.prompts().subList(group * together, group * together + size(group)).stream())
        .mapToLong(prompt -> prompt.length)
        .sum();
  }

  private int groups() {
    return (asked.prompts().size() + together - 1) / together;
  }

  private int size(int group) {
    return Math.min(together, asked.prompts().size() - group * together);
  }
}
