/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.sql;

import dev.kindred.table.Part;
import dev.kindred.table.Runs;
import dev.kindred.table.Table;
import dev.kindred.table.Tables;
import dev.kindred.table.Warehouse;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Timestamp;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;

/**
 * A warehouse of a model with two blocks and a vocabulary of three tokens, and as many runs as a
 * test publishes. All values of a run's results are the run's number.
 */
final class SmallWarehouse {
  static final int PROMPTS = 4;

  private static final String MODEL = "m-1";
  private static final String CORPUS = "c-1";
  private static final String PROMPT_SET = "p-1";
  private static final Instant START = Instant.parse("2026-11-22T00:00:00Z");

  private final SparkSession spark;
  private final Path folder;
  private final Warehouse warehouse;
  private int runs;

  SmallWarehouse(SparkSession spark, Path folder) {
    this.spark = spark;
    this.folder = folder;
    this.warehouse = new Warehouse(spark, folder.toString());
    write(
        Tables.TOKENS,
        List.of(row(CORPUS, 0, "a"), row(CORPUS, 1, " "), row(CORPUS, 2, "é")),
        CORPUS);
    List<Row> activations = new ArrayList<>();
    for (int block = 0; block < 2; block++) {
      for (long window = 0; window < 100; window++) {
        activations.add(row(MODEL, CORPUS, block, window, List.of(1f, (float) window)));
      }
    }

    write(Tables.ACTIVATIONS, activations, MODEL, CORPUS);
  }

  Path folder() {
    return folder;
  }

  /** A session whose catalog kindred is this warehouse. */
  SparkSession session() {
    SparkSession session = spark.newSession();
    session.conf().set("spark.sql.catalog.kindred", KindredCatalog.class.getName());
    session.conf().set("spark.sql.catalog.kindred.warehouse", folder.toString());
    return session;
  }

  /** Adds the next run, published. */
  String publish() {
    return end(Runs.PUBLISHED);
  }

  /** Adds the next run, rejected by its audit. */
  String reject() {
    return end(Runs.REJECTED);
  }

  private String end(String status) {
    runs++;
    String runId = "r-2026112" + runs + "-041500-00ff";
    List<Row> distances = new ArrayList<>();
    List<Row> approximations = new ArrayList<>();
    for (int prompt = 0; prompt < PROMPTS; prompt++) {
      distances.add(
          row(
              runId,
              prompt,
              (double) runs,
              (double) runs,
              true,
              runs,
              runs,
              runs,
              runs,
              List.of(runs),
              runs,
              List.of(runs)));
      approximations.add(row(runId, prompt, Map.of(runs, 1.), Map.of(runs, 1.)));
    }

    write(Tables.DISTANCES, distances, runId);
    write(Tables.APPROXIMATIONS, approximations, runId);
    for (int block = 0; block < 2; block++) {
      write(Tables.SIMILAR_STRINGS, List.of(row(runId, block, 0, 7L, .5f)), runId, block);
    }

    List<Part> parts = new ArrayList<>();
    if (runs > 1) { // the first is like one of a version that kept no places
      String places = "o-" + runs;
      write(
          Tables.PASSAGES,
          List.of(row(CORPUS, places, 0L, 0L, "a.txt", 0L, List.of(7))),
          CORPUS,
          places);
      parts.add(warehouse.part(Tables.PASSAGES, CORPUS, places));
    }

    Instant ended = START.plusSeconds(runs);
    parts.addAll(
        List.of(
            warehouse.part(Tables.DISTANCES, runId),
            warehouse.part(Tables.APPROXIMATIONS, runId),
            warehouse.part(Tables.SIMILAR_STRINGS, runId, 0),
            warehouse.part(Tables.SIMILAR_STRINGS, runId, 1),
            warehouse.part(Tables.TOKENS, CORPUS)));
    boolean published = status.equals(Runs.PUBLISHED);
    Row record =
        row(
            runId,
            status,
            published ? null : "sums differ",
            Timestamp.from(START),
            published ? Timestamp.from(ended) : null,
            MODEL,
            CORPUS,
            PROMPT_SET,
            Map.of("prompts", "4"),
            Map.of("kindred", "test"),
            Map.of("audit", 1.5));
    Runs.end(
        warehouse,
        new Runs.Run(
            runId, status, ended, MODEL, CORPUS, PROMPT_SET, "plan-" + runs, Runs.Order.NONE),
        parts,
        spark.createDataFrame(List.of(record), Tables.RUNS.columns()));
    return runId;
  }

  /** Adds a row of what tuning leaves for each of some blocks. */
  void writeBins(int blocks) {
    for (int block = 0; block < blocks; block++) {
      write(
          Tables.NEAREST_STRINGS,
          List.of(row(MODEL, CORPUS, PROMPT_SET, "b", block, 0, 7L, .5)),
          MODEL,
          CORPUS,
          PROMPT_SET,
          "b",
          block);
    }
  }

  private void write(Table table, List<Row> rows, Object... keys) {
    warehouse.part(table, keys).write(spark.createDataFrame(rows, table.columns()).coalesce(1));
  }

  private static Row row(Object... values) {
    return RowFactory.create(values);
  }

  /** Every file of the warehouse with its length. */
  List<String> files() throws IOException {
    try (Stream<Path> all = Files.walk(folder)) {
      return all.filter(Files::isRegularFile)
          .map(file -> file + " " + file.toFile().length())
          .sorted()
          .toList();
    }
  }
}
