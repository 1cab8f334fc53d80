/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.run;

import dev.kindred.InvalidInput;
import dev.kindred.audit.Audit;
import dev.kindred.corpus.CorpusScan;
import dev.kindred.model.Blocks;
import dev.kindred.model.ModelShape;
import dev.kindred.model.files.ModelDirectory;
import dev.kindred.table.Part;
import dev.kindred.table.Tables;
import dev.kindred.table.Warehouse;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.apache.spark.SparkContext;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/** What stages and analyses need of the stages before them. */
public final class Stages {
  private Stages() {}

  /**
   * Returns the rows of an earlier stage.
   *
   * @param command that computes them
   * @throws InvalidInput if they are not there
   */
  static Dataset<Row> required(Part part, String command) {
    if (!part.isComplete()) {
      throw new InvalidInput(
          "%s is not there yet; run the command %s with the same settings first",
          part.name(), command);
    }

    return part.read();
  }

  /**
   * Returns rows that a published run has left.
   *
   * @param commands that compute them: {@code the command prompts}
   * @throws InvalidInput if they are not there
   */
  public static Dataset<Row> left(Part part, String commands) {
    check(part, commands);
    return part.read();
  }

  /**
   * Checks that rows which a published run has left are there.
   *
   * @param commands that compute them: {@code the command prompts}
   * @throws InvalidInput if they are not
   */
  public static void check(Part part, String commands) {
    if (!part.isComplete()) {
      throw new InvalidInput(
          "%s is not there; compute it again with the run's settings, by %s",
          part.name(), commands);
    }
  }

  /**
   * Checks that what a task holds on the heap fits there.
   *
   * @param setting with its value, or what else makes it so much, for the message
   * @param remedy what to give instead
   * @throws InvalidInput if it does not
   */
  public static void checkHeap(SparkContext spark, String setting, long bytes, String remedy) {
    TaskMemory.of(spark).checkHeap(setting, bytes, remedy);
  }

  /**
   * Audits a part about all blocks of a model, which need not have a run, that has just been
   * written.
   *
   * @throws RunRejected naming the first problem, and what to remove
   */
  public static void audit(Warehouse warehouse, ModelShape shape, Part written) {
    audit(warehouse, shape, List.of(written));
  }

  /** The same of several parts at once. */
  public static void audit(Warehouse warehouse, ModelShape shape, List<Part> written) {
    audit(warehouse, "current", 1, shape, Blocks.all(shape.blocks()).numbers(), written);
  }

  /**
   * Audits parts that a command other than {@code run} has just written.
   *
   * @param runId a run that has them in SQL
   * @param blocks of the model that they are about
   * @param beside parts that they have a row for each of
   * @throws RunRejected naming the first problem, and what to remove
   */
  public static void audit(
      Warehouse warehouse,
      String runId,
      int windowLength,
      ModelShape shape,
      List<Integer> blocks,
      List<Part> written,
      Part... beside) {
    List<Part> parts = new ArrayList<>(List.of(beside));
    parts.addAll(written);
    List<String> problems =
        Audit.problems(runId, windowLength, shape, blocks, warehouse.read(parts));
    if (!problems.isEmpty()) {
      throw new RunRejected(
          "%s; what was written is wrong: remove %s, and report a bug",
          problems.get(0), written.stream().map(Part::name).collect(Collectors.joining(" and ")));
    }
  }

  /**
   * Checks that a model's tokenizer is the one that cut a corpus. The model's id and weights can be
   * a run's though its tokenizer is not.
   *
   * @throws InvalidInput if it is another one
   */
  public static void checkTokenizer(
      Warehouse warehouse, String corpusId, int windowLength, ModelDirectory model) {
    Part windows = warehouse.part(Tables.WINDOWS, corpusId);
    if (windows.isComplete()
        && !CorpusScan.isCutBy(windows.properties(), model.tokenizerJson(), windowLength)) {
      throw new InvalidInput(
          "--model %s: its tokenizer.json is not the one that corpus %s was cut with; give the"
              + " model's directory as it was, or run again with this one",
          model.uri(), corpusId);
    }
  }
}
