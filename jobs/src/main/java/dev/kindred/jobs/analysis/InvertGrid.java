/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.analysis;

import static org.apache.spark.sql.functions.col;

import dev.kindred.inversion.InversionGrid;
import dev.kindred.inversion.InversionGrid.Unit;
import dev.kindred.inversion.Inversions;
import dev.kindred.inversion.Inversions.Question;
import dev.kindred.jobs.run.Stages;
import dev.kindred.jobs.workspace.Progress;
import dev.kindred.jobs.workspace.Workspace;
import dev.kindred.model.files.ModelDirectory;
import dev.kindred.table.Part;
import dev.kindred.table.Table;
import dev.kindred.table.Tables;
import dev.kindred.table.Warehouse;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/**
 * Searches a grid. Groups that a job which died had finished stay; a grid that is complete is left
 * as it is.
 */
final class InvertGrid {
  private static final int MOST_TASKS = 1_000; // each writes a file
  private static final int TASKS_PER_CORE = 8;
  private static final long ROW_BYTES = 100; // at most, of a compressed row

  private final SparkSession spark;
  private final Progress progress;
  private final Warehouse warehouse;
  private final ModelDirectory model;
  private final InversionGrid grid;

  InvertGrid(Workspace workspace, Warehouse warehouse, ModelDirectory model, InversionGrid grid) {
    this.spark = workspace.spark();
    this.progress = workspace.progress();
    this.warehouse = warehouse;
    this.model = model;
    this.grid = grid;
  }

  /** Searches for what is not there yet, and returns what there is. */
  Dataset<Row> searched() {
    List<Unit> units = grid.units();
    long searches = (long) grid.experiments().size() * grid.prompts().size() * grid.restarts();
    return filled(
            "inversions",
            Tables.INVERSIONS,
            units,
            (List<String> there) ->
                progress.note(
                    "%,d searches of up to %,d steps in %,d groups, %,d of them there already",
                    searches,
                    grid.experiments().stream()
                        .mapToInt(experiment -> experiment.descent().steps())
                        .max()
                        .orElse(0),
                    units.size(),
                    there.size()),
            unit -> key(unit.cells()[0], unit.prompts()[0], unit.restarts()[0]),
            List.of("cell", "prompt", "restart"),
            tokens() * grid.restarts() * grid.readings(),
            ROW_BYTES,
            (missing, tasks) ->
                Inversions.search(
                    spark, model.onExecutors(spark), grid, dealt(missing, tasks), tasks))
        .read();
  }

  /**
   * Units in an order in which each task, which takes some that follow one another, gets as many
   * long ones as others.
   */
  private List<Unit> dealt(List<Unit> units, int tasks) {
    List<Unit> longestFirst =
        units.stream().sorted(Comparator.comparingLong(grid::steps).reversed()).toList();
    return IntStream.range(0, tasks)
        .boxed()
        .flatMap(
            task ->
                IntStream.range(0, units.size())
                    .filter(i -> i % tasks == task)
                    .mapToObj(longestFirst::get))
        .toList();
  }

  /** Asks the oracle what is not there yet, and returns what there is. */
  Dataset<Row> known() {
    long tokens = tokens();
    return ofOutputs(
        "oracle",
        Tables.INVERSION_ORACLES,
        tokens * grid.outputCells().size(),
        ROW_BYTES,
        String.format(
            Locale.ROOT,
            "%,d tokens x %,d candidates for %,d outputs",
            tokens,
            model.shape().vocabularySize(),
            grid.outputCells().size()),
        (missing, tasks) -> Inversions.ask(spark, model.onExecutors(spark), grid, missing, tasks));
  }

  /** Differentiates what is not there yet, and returns what there is. */
  Dataset<Row> differentiated() {
    int dimension = model.shape().modelDimension();
    long numbers =
        grid.outputCells().stream().mapToLong(cell -> grid.numbers(cell, dimension)).sum();
    return ofOutputs(
        "jacobian",
        Tables.INVERSION_JACOBIANS,
        tokens() * grid.outputCells().size(),
        ROW_BYTES + (long) dimension * Double.BYTES,
        String.format(
            Locale.ROOT,
            "%,d passes back through the blocks, for %,d outputs of %,d prompts",
            numbers,
            grid.outputCells().size(),
            grid.prompts().size()),
        (missing, tasks) ->
            Inversions.differentiate(spark, model.onExecutors(spark), grid, missing, tasks));
  }

  private long tokens() {
    return grid.prompts().stream().mapToLong(prompt -> prompt.length).sum();
  }

  /** Fills a table that has all prompts of every different output. */
  private Dataset<Row> ofOutputs(
      String step,
      Table table,
      long rows,
      long rowBytes,
      String cost,
      BiFunction<List<Question>, Integer, Dataset<Row>> compute) {
    List<Question> questions = new ArrayList<>();
    for (int cell : grid.outputCells()) {
      for (int prompt = 0; prompt < grid.prompts().size(); prompt++) {
        questions.add(new Question(cell, prompt));
      }
    }

    return filled(
            step,
            table,
            questions,
            (List<String> there) -> progress.note("%s", cost),
            question -> key(question.cell(), question.prompt(), 0),
            List.of("cell", "prompt"),
            rows,
            rowBytes,
            compute)
        .read();
  }

  private static String key(int cell, int prompt, int restart) {
    return cell + "/" + prompt + "/" + restart;
  }

  /**
   * Fills a part with what is missing.
   *
   * @param key of the first row of a piece of work: a task commits whole pieces
   * @param columns that the key is made of; a third is 0 if there is none
   */
  private <W> Part filled(
      String step,
      Table table,
      List<W> work,
      Consumer<List<String>> note,
      Function<W, String> key,
      List<String> columns,
      long rows,
      long rowBytes,
      BiFunction<List<W>, Integer, Dataset<Row>> compute) {
    Part part = warehouse.part(table, model.id(), grid.key());
    if (part.isComplete()) {
      progress.reused(step, part);
      return part;
    }

    progress.begin(step);
    if (part.resume()) {
      Set<String> there = there(part, columns);
      List<W> missing = work.stream().filter(one -> !there.contains(key.apply(one))).toList();
      List<String> done = work.stream().map(key).filter(there::contains).toList();
      note.accept(done);
      if (!missing.isEmpty()) {
        warehouse.checkFree("the table " + table.name(), rows * rowBytes);
        part.appendByTask(progress.counted(compute.apply(missing, tasks(missing.size())), rows));
      }

      part.complete(Map.of());
      Stages.audit(warehouse, model.shape(), part);
    }

    progress.end(part);
    return part;
  }

  private static Set<String> there(Part part, List<String> columns) {
    Set<String> there = new HashSet<>();
    Dataset<Row> rows =
        part.readSoFar()
            .where(col("position").equalTo(0))
            .selectExpr(columns.toArray(String[]::new))
            .distinct();
    for (Row row : rows.collectAsList()) {
      there.add(key(row.getInt(0), row.getInt(1), row.size() > 2 ? row.getInt(2) : 0));
    }

    return there;
  }

  private int tasks(int pieces) {
    int forCores = TASKS_PER_CORE * spark.sparkContext().defaultParallelism();
    return Math.min(MOST_TASKS, Math.min(pieces, Math.max(forCores, pieces / TASKS_PER_CORE)));
  }
}
