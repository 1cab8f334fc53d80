/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.not;

import dev.kindred.table.Runs;
import dev.kindred.table.Table;
import dev.kindred.table.Tables;
import dev.kindred.table.Warehouse;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/** What runs with the same plan have in common. */
final class RunTables {
  private static final String JOIN_METRIC = "^block\\.\\d+\\.join\\.";

  private RunTables() {}

  /**
   * All rows of all tables of a run as text, by table: without the run's id and record, and without
   * the figures on how a join computed what it found.
   */
  static Map<String, List<String>> rows(Warehouse warehouse, String runId) {
    Runs.Run run = Runs.find(warehouse, runId).orElseThrow();
    Map<String, String> keys =
        Map.of(
            "run_id", run.runId(),
            "model_id", run.modelId(),
            "corpus_id", run.corpusId(),
            "prompt_set", run.promptSet());
    Map<String, List<String>> rows = new TreeMap<>();
    for (Table table : Tables.ALL) {
      if (!table.equals(Tables.RUNS)) {
        Object[] ofRun =
            table.partitionColumns().stream().takeWhile(keys::containsKey).map(keys::get).toArray();
        Dataset<Row> found = warehouse.part(table, ofRun).read().drop("run_id");
        if (table.equals(Tables.SUMMARIES)) {
          found = found.where(not(col("metric").rlike(JOIN_METRIC)));
        }

        rows.put(table.name(), found.toJSON().collectAsList().stream().sorted().toList());
      }
    }

    return rows;
  }
}
