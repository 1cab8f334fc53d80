/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.kindred.LocalSpark;
import dev.kindred.table.Tables;
import dev.kindred.table.Warehouse;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.functions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * A full run on TinyShakespeare against a study of the first 40 of the post's prompts that was
 * computed independently with PyTorch (fixtures/README.md). Takes a warehouse with such a run,
 * since the run itself is too long for a test:
 *
 * <pre>
 * submit-scripts/run-local.sh --corpus input.txt --model models/tinyshakespeare --warehouse study
 * KINDRED_STUDY_WAREHOUSE=$PWD/study mvn -pl jobs -am test -Dtest=TestStudyRun -Dsurefire.failIfNoSpecifiedTests=false
 * </pre>
 */
class TestStudyRun {
  private static final double DISTANCE_TOLERANCE = 1e-4;

  private static SparkSession spark;
  private static JsonNode study;
  private static final Map<Integer, Row> FOUND = new HashMap<>();

  @BeforeAll
  static void readRun() throws IOException {
    String folder = System.getenv("KINDRED_STUDY_WAREHOUSE");
    if (folder == null) {
      return;
    }

    try (InputStream in =
        TestStudyRun.class.getResourceAsStream("/fixtures/tinyshakespeare-study.json")) {
      study = new ObjectMapper().readTree(in);
    }

    spark = LocalSpark.session();
    Warehouse warehouse = new Warehouse(spark, folder);
    Row run = warehouse.read(Tables.RUNS).sort(functions.col("published_at").desc()).first();
    String runId = run.getAs("run_id");
    for (Row row :
        warehouse
            .part(Tables.BLOCK_DISTRIBUTIONS, runId)
            .read()
            .where(functions.col("prompt_id").lt(study.size()))
            .groupBy("prompt_id")
            .agg(
                functions
                    .array_sort(functions.collect_list(functions.struct("block", "similar_count")))
                    .as("counts"))
            .join(warehouse.part(Tables.DISTANCES, runId).read(), "prompt_id")
            .join(
                warehouse.part(Tables.PROMPTS, run.<String>getAs("prompt_set")).read(), "prompt_id")
            .select(
                "prompt_id", "text", "counts.similar_count", "hellinger", "hellinger_leave_one_out")
            .collectAsList()) {
      FOUND.put(row.getInt(0), row);
    }
  }

  /** Before each test, not before all: only then are skipped tests counted. */
  @BeforeEach
  void needsARun() {
    assumeTrue(
        spark != null,
        "set KINDRED_STUDY_WAREHOUSE to a warehouse with a full run on TinyShakespeare");
  }

  @Test
  void drawsThePostsPrompts() {
    for (JsonNode expected : study) {
      assertThat(found(expected).getString(1)).isEqualTo(expected.get("text").asText());
    }
  }

  @Test
  void findsTheSameNumberOfSimilarStrings() {
    List<String> different = new ArrayList<>();
    for (JsonNode expected : study) {
      List<Long> counts = found(expected).getList(2);
      for (int block = 0; block < counts.size(); block++) {
        long difference = counts.get(block) - expected.get("similar_strings").get(block).asLong();
        if (Math.abs(difference)
            > expected.get("pairs_within_2e_6_of_threshold").get(block).asLong()) {
          different.add(
              String.format(
                  "prompt %d block %d: %+d", found(expected).getInt(0), block, difference));
        }
      }
    }

    assertThat(different).isEmpty();
  }

  @Test
  void measuresTheSameDistancesInBothProtocols() {
    for (JsonNode expected : study) {
      Row row = found(expected);
      assertThat(row.getDouble(3))
          .as("compatible, prompt %d", row.getInt(0))
          .isCloseTo(expected.get("hellinger_compatible").asDouble(), within(DISTANCE_TOLERANCE));
      assertThat(row.getDouble(4))
          .as("leave-one-out, prompt %d", row.getInt(0))
          .isCloseTo(
              expected.get("hellinger_leave_one_out").asDouble(), within(DISTANCE_TOLERANCE));
    }
  }

  private static Row found(JsonNode expected) {
    return FOUND.get(expected.get("prompt_id").asInt());
  }
}
