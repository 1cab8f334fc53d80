/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.analysis;

import dev.kindred.ablation.Ablations;
import dev.kindred.jobs.report.AblationTable;
import dev.kindred.table.Tables;
import dev.kindred.table.Warehouse;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.storage.StorageLevel;

/** What each block's attention and feed-forward network contribute to a run's predictions. */
final class Ablate {
  /** The value of column {@code analysis} of {@code summaries}. */
  static final String ANALYSIS = "ablation";

  private Ablate() {}

  /**
   * Computes what is not there yet.
   *
   * @return what was found, for the terminal
   */
  static String ablate(AnalysedRun run) {
    String modelId = run.plan().modelId();
    String promptSet = run.plan().promptSet();
    Warehouse.Part vectors = run.warehouse().part(Tables.BLOCK_VECTORS, modelId, promptSet);
    Warehouse.Part effects = run.warehouse().part(Tables.ABLATIONS, modelId, promptSet);
    run.writeMissing(ANALYSIS, () -> write(run, vectors, effects), vectors, effects);
    run.summarize(ANALYSIS, () -> Ablations.summarize(vectors.read(), effects.read()));
    return AblationTable.of(run.metrics(ANALYSIS)).text();
  }

  private static void write(AnalysedRun run, Warehouse.Part vectors, Warehouse.Part effects) {
    Dataset<Row> measured =
        run.progress()
            .counted(
                Ablations.measure(run.prompts(), run.onExecutors(), run.batchSize(), run.tasks()),
                (double) run.promptCount() * run.model().shape().blocks())
            .persist(StorageLevel.MEMORY_AND_DISK());
    if (!vectors.isComplete()) {
      vectors.write(Ablations.vectors(measured));
    }

    if (!effects.isComplete()) {
      effects.write(Ablations.effects(measured));
    }

    measured.unpersist();
  }
}
