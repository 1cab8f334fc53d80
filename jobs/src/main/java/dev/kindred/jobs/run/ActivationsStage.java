/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.run;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.lit;

import dev.kindred.InvalidInput;
import dev.kindred.activation.Activations;
import dev.kindred.jobs.workspace.Progress;
import dev.kindred.model.Precision;
import dev.kindred.table.Part;
import java.util.Map;
import java.util.function.LongConsumer;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/**
 * Stage 2: FFN outputs of all windows. Those that an earlier corpus had are taken from there, and
 * those that a run which died had finished stay; the model evaluates the others.
 */
public final class ActivationsStage {
  private ActivationsStage() {}

  /**
   * Writes what is not there yet.
   *
   * @param checkDisk refuses a number of windows to evaluate whose activations have no room
   */
  public static void write(ModelInput input, LongConsumer checkDisk) {
    CorpusInput corpus = input.corpus();
    Progress progress = corpus.progress();
    Part part = input.activations();
    if (input.isEvaluatedInJoins()) {
      checkDisk.accept(corpus.windowsPart().rows());
      progress.note("activations are not kept: the join evaluates the model");
      return;
    }

    if (part.isComplete()) {
      progress.reused("activations", part);
      return;
    }

    Dataset<Row> windows = corpus.windows();
    progress.begin("activations");
    if (!part.resume()) {
      progress.end(part);
      return;
    }

    new KnownActivations(corpus.spark(), corpus.warehouse(), input.model(), corpus.scan())
        .addTo(part, windows, progress);
    try {
      evaluate(input, missing(windows, part, input.model().blocks().number(0)), part, checkDisk);
    } catch (Exception e) { // what Spark throws is no RuntimeException
      if (Precision.isOverflow(InvalidInput.findIn(e))) {
        part.discard(); // nobody will go on with it
      }

      throw e;
    }

    part.complete(Map.of());
    progress.end(part);
  }

  /**
   * Windows whose activations are not in a part yet.
   *
   * @param block any of those that are looked at
   */
  private static Dataset<Row> missing(Dataset<Row> windows, Part part, int block) {
    Dataset<Row> there =
        part.readSoFar().where(col("block").equalTo(lit(block))).select("window_id");
    return windows.join(
        there, windows.col("window_id").equalTo(there.col("window_id")), "left_anti");
  }

  private static void evaluate(
      ModelInput input, Dataset<Row> windows, Part part, LongConsumer checkDisk) {
    CorpusInput corpus = input.corpus();
    Progress progress = corpus.progress();
    long count = windows.count();
    progress.note("%,d of %,d windows to evaluate", count, corpus.windowsPart().rows());
    if (count == 0) {
      return;
    }

    checkDisk.accept(count);
    int cores = corpus.spark().sparkContext().defaultParallelism();
    // Of few windows each core has some; no task has less than a batch.
    int tasks = (int) Math.max(cores, count / input.tasks().windowsPerTask());
    int blocks = input.model().blocks().count();
    part.appendVectors(
        progress.counted(
            Activations.compute(
                windows,
                input.model().onExecutors(corpus.workspace().spark()),
                input.tasks().windowsInFlight(corpus.windowLength()),
                tasks),
            (double) count * blocks),
        blocks,
        true);
  }
}
