/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.not;

import dev.kindred.table.Runs;
import dev.kindred.table.Table;
import dev.kindred.table.Tables;
import dev.kindred.table.Warehouse;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/** Everything that a run stands on and has found, for comparing runs. */
final class RunRows {
  /** Figures on how a join computed what it found may differ between equal runs. */
  private static final String JOIN_METRIC = "^block\\.\\d+\\.join\\.";

  private RunRows() {}

  /** All rows of a published run by table, as sorted text without keys. */
  static Map<String, List<String>> of(Path folder, String runId) {
    return with(
        folder,
        warehouse -> {
          Runs.Run run = Runs.find(warehouse, runId).orElseThrow();
          Map<String, List<String>> rows = new TreeMap<>();
          for (Table table : Tables.ALL) {
            if (!table.equals(Tables.RUNS)) {
              rows.put(table.name(), rows(warehouse, table, run));
            }
          }

          return rows;
        });
  }

  private static List<String> rows(Warehouse warehouse, Table table, Runs.Run run) {
    Object[] keys =
        table.partitionColumns().stream()
            .filter(column -> !column.equals("block"))
            .map(
                column ->
                    switch (column) {
                      case "run_id" -> run.runId();
                      case "corpus_id" -> run.corpusId();
                      case "model_id" -> run.modelId();
                      case "prompt_set" -> run.promptSet();
                      default -> throw new AssertionError(column);
                    })
            .toArray();
    Dataset<Row> rows =
        warehouse.part(table, keys).read().drop("run_id", "corpus_id", "model_id", "prompt_set");
    if (table.equals(Tables.SUMMARIES)) {
      rows = rows.where(not(col("metric").rlike(JOIN_METRIC)));
    }

    return rows.toJSON().collectAsList().stream().sorted().toList();
  }

  /** Asks a warehouse something in a Spark of its own. */
  static <T> T with(Path folder, Function<Warehouse, T> query) {
    SparkSession spark =
        SparkSession.builder().config("spark.sql.session.timeZone", "UTC").getOrCreate();
    try {
      return query.apply(new Warehouse(spark, folder.toString()));
    } finally {
      spark.stop();
    }
  }
}
