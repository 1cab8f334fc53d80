/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.table;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/**
 * The table {@code runs}: a run is over once it has a record there, and its results can be read if
 * the record says that they are published. The record appears in one step.
 */
public final class Runs {
  public static final String PUBLISHED = "published";
  public static final String REJECTED = "rejected";

  private Runs() {}

  /** Whether a text can be a run's id, and so become part of a path. */
  public static boolean isId(String text) {
    return text.matches("r-[0-9a-z-]+");
  }

  /**
   * A run that is over.
   *
   * @param status {@link #PUBLISHED} or {@link #REJECTED}
   * @param endedAt when it was published or rejected, UTC
   * @param identity of what it computed: the same for runs with the same results
   */
  public record Run(
      String runId,
      String status,
      Instant endedAt,
      String modelId,
      String corpusId,
      String promptSet,
      String identity) {

    public boolean isPublished() {
      return status.equals(PUBLISHED);
    }

    private Map<String, String> asProperties() {
      return new TreeMap<>(
          Map.of(
              "run_id", runId,
              "status", status,
              "ended_at", endedAt.toString(),
              "model_id", modelId,
              "corpus_id", corpusId,
              "prompt_set", promptSet,
              "identity", identity));
    }

    private static Run of(Map<String, String> properties) {
      return new Run(
          properties.get("run_id"),
          properties.get("status"),
          Instant.parse(properties.get("ended_at")),
          properties.get("model_id"),
          properties.get("corpus_id"),
          properties.get("prompt_set"),
          properties.get("identity"));
    }
  }

  /**
   * Ends a run: publishes or rejects it.
   *
   * @param row its row of {@link Tables#RUNS}
   */
  public static void end(Warehouse warehouse, Run run, Dataset<Row> row) {
    warehouse.part(Tables.RUNS, run.runId()).write(row.coalesce(1), run::asProperties);
  }

  /** All runs that are over, in the order in which they ended. */
  public static List<Run> all(Warehouse warehouse) {
    List<Run> runs = new ArrayList<>();
    for (String runId : warehouse.keys(Tables.RUNS)) {
      find(warehouse, runId).ifPresent(runs::add);
    }

    runs.sort(Comparator.comparing(Run::endedAt).thenComparing(Run::runId));
    return runs;
  }

  /** A run that is over. */
  public static Optional<Run> find(Warehouse warehouse, String runId) {
    return warehouse.part(Tables.RUNS, runId).propertiesIfComplete().map(Run::of);
  }

  /** The run that was published last. */
  public static Optional<Run> newestPublished(Warehouse warehouse) {
    return all(warehouse).stream().filter(Run::isPublished).reduce((first, second) -> second);
  }

  /** A published run's row of {@link Tables#RUNS}, or empty. */
  public static Optional<Row> published(Warehouse warehouse, String runId) {
    return find(warehouse, runId)
        .filter(Run::isPublished)
        .map(run -> warehouse.part(Tables.RUNS, runId).read().first());
  }
}
