/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.kindred.InvalidInput;
import dev.kindred.table.Warehouse;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.security.SecureRandom;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Map;
import java.util.TreeMap;
import org.apache.hadoop.fs.Path;

/**
 * What a run is about: written when its first results are, so that its later stages can be commands
 * of their own.
 *
 * @param startedAt UTC, ISO 8601
 * @param thresholds one a block
 * @param weights one a block
 * @param settings as {@link Settings#asText}
 */
record RunPlan(
    String runId,
    String startedAt,
    String modelId,
    String corpusId,
    String promptSet,
    double[] thresholds,
    double[] weights,
    Map<String, String> settings) {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss").withZone(ZoneOffset.UTC);

  /** A run that starts now, under an id that sorts by time. */
  static RunPlan start(
      String modelId,
      String corpusId,
      String promptSet,
      double[] thresholds,
      double[] weights,
      Map<String, String> settings) {
    Instant now = Instant.now();
    String runId =
        String.format("r-%s-%04x", TIME.format(now), new SecureRandom().nextInt(0x10000));
    return new RunPlan(
        runId, now.toString(), modelId, corpusId, promptSet, thresholds, weights, settings);
  }

  private static Path path(Warehouse warehouse, String runId) {
    return new Path(warehouse.root(), "run_plans/" + runId + ".json");
  }

  void write(Warehouse warehouse) {
    try (var out = warehouse.fileSystem().create(path(warehouse, runId), false)) {
      out.write(JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(this));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static RunPlan read(Warehouse warehouse, String runId) {
    try (var in = warehouse.fileSystem().open(path(warehouse, runId))) {
      return JSON.readValue(in.readAllBytes(), RunPlan.class);
    } catch (FileNotFoundException e) {
      throw new InvalidInput(
          "--run-id %s: no such run in %s; see the folder run_plans there",
          runId, warehouse.root());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Path joinsPath(Warehouse warehouse, String runId) {
    return new Path(warehouse.root(), "run_plans/" + runId + ".joins.json");
  }

  /**
   * Leaves what the joins did for the run's summaries.
   *
   * @param metrics by their names there
   */
  void writeJoinMetrics(Warehouse warehouse, Map<String, Double> metrics) {
    try (var out = warehouse.fileSystem().create(joinsPath(warehouse, runId), false)) {
      out.write(JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(metrics));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  Map<String, Double> joinMetrics(Warehouse warehouse) {
    try (var in = warehouse.fileSystem().open(joinsPath(warehouse, runId))) {
      return JSON.readValue(in.readAllBytes(), new TypeReference<TreeMap<String, Double>>() {});
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
