/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.analysis;

import dev.kindred.geometry.Geometry;
import dev.kindred.jobs.report.GeometryTable;
import dev.kindred.table.Tables;
import dev.kindred.table.Warehouse;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.storage.StorageLevel;

/** The residual streams of a run's prompts as vectors. */
final class MeasureGeometry {
  /** The value of column {@code analysis} of {@code summaries}. */
  static final String ANALYSIS = "geometry";

  private static final long NOISE_SEED = 42; // one of the study's

  private MeasureGeometry() {}

  /**
   * Computes what is not there yet.
   *
   * @return what was found, for the terminal
   */
  static String measure(AnalysedRun run) {
    String modelId = run.plan().modelId();
    String promptSet = run.plan().promptSet();
    Warehouse.Part directions = run.warehouse().part(Tables.DIRECTIONS, modelId, promptSet);
    Warehouse.Part perturbations = run.warehouse().part(Tables.PERTURBATIONS, modelId, promptSet);
    run.writeMissing(
        ANALYSIS, () -> write(run, directions, perturbations), directions, perturbations);
    run.summarize(ANALYSIS, () -> Geometry.summarize(directions.read(), perturbations.read()));
    return GeometryTable.of(run.metrics(ANALYSIS)).text();
  }

  private static void write(
      AnalysedRun run, Warehouse.Part directions, Warehouse.Part perturbations) {
    Dataset<Row> measured =
        run.progress()
            .counted(
                Geometry.measure(
                    run.prompts(), run.onExecutors(), run.batchSize(), run.tasks(), NOISE_SEED),
                run.promptCount())
            .persist(StorageLevel.MEMORY_AND_DISK());
    if (!directions.isComplete()) {
      directions.write(Geometry.directions(measured));
    }

    if (!perturbations.isComplete()) {
      perturbations.write(Geometry.perturbations(measured));
    }

    measured.unpersist();
  }
}
