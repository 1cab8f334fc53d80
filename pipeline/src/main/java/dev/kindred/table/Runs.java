/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.table;

import static org.apache.spark.sql.functions.col;

import java.util.Optional;
import org.apache.spark.sql.Row;

/** The table {@code runs}: a run is published once it has a record there. */
public final class Runs {
  private Runs() {}

  /** A published run's row of {@link Tables#RUNS}, or empty. */
  public static Optional<Row> published(Warehouse warehouse, String runId) {
    Warehouse.Part runs = warehouse.part(Tables.RUNS);
    return runs.isComplete()
        ? runs.read().where(col("run_id").equalTo(runId)).collectAsList().stream().findFirst()
        : Optional.empty();
  }
}
