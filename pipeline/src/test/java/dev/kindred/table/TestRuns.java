/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.table;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kindred.InvalidInput;
import dev.kindred.LocalSpark;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Timestamp;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Which runs there are, in which order, and whether all of a run is there. */
@ExtendWith(LocalSpark.class)
class TestRuns {
  private static final Instant NOW = Instant.parse("2026-11-22T00:00:00Z");

  @TempDir private Path folder;
  private SparkSession session;
  private Warehouse warehouse;

  @BeforeEach
  void open(SparkSession spark) {
    session = spark;
    warehouse = new Warehouse(spark, folder.toString());
  }

  /** Publishes a run with two blocks that ends at a time. */
  private void publish(String runId, Instant endedAt) {
    end(runId, Runs.PUBLISHED, endedAt);
  }

  private void end(String runId, String status, Instant endedAt) {
    List<Part> parts =
        List.of(
            warehouse.part(Tables.SIMILAR_STRINGS, runId, 0),
            warehouse.part(Tables.SIMILAR_STRINGS, runId, 1),
            warehouse.part(SampleTable.METRICS, runId, "run"));
    for (int block = 0; block < 2; block++) {
      parts
          .get(block)
          .write(
              session.sql(
                  "select 0 as prompt_id, 7L as window_id, .5f as similarity, "
                      + block
                      + " as block"));
    }

    parts.get(2).write(session.sql("select 'a' as metric, 1d as value"));
    Runs.end(warehouse, run(runId, status, endedAt), parts, row(status));
  }

  private static Runs.Run run(String runId, String status, Instant endedAt) {
    return new Runs.Run(
        runId, status, endedAt, "m-1", "c-1", "p-1", "i-" + runId, new Runs.Order(1, 0, Set.of()));
  }

  private Dataset<Row> row(String status) {
    return session.createDataFrame(
        List.of(
            RowFactory.create(
                status,
                null,
                Timestamp.from(NOW),
                null,
                "m-1",
                "c-1",
                "p-1",
                Map.of(),
                Map.of(),
                Map.of())),
        Tables.RUNS.fileColumns());
  }

  /** Makes a run's record one of Kindred 0.2. */
  private void asOf02(String runId) throws IOException {
    Path record = recordOf(runId);
    rewrite(
        record,
        Files.readString(record)
            .replaceAll("\"format\":2,\"part\":\"[^\"]*\",", "")
            .replaceAll(",\"parts\":.*", "}")
            .replaceAll("\"(begun|earlier|ended)\":\"[^\"]*\",", ""));
  }

  private Path recordOf(String runId) {
    return folder.resolve("runs/run_id=" + runId + "/_commits/complete.json");
  }

  private static void rewrite(Path record, String text) throws IOException {
    Files.deleteIfExists(record.resolveSibling("." + record.getFileName() + ".crc"));
    Files.writeString(record, text);
  }

  private String newest() {
    return Runs.newestPublished(warehouse).orElseThrow().runId();
  }

  private List<String> ids() {
    return Runs.all(warehouse).stream().map(Runs.Run::runId).toList();
  }

  @Test
  void theRunThatEndedLastIsTheNewestWhateverTheClockSaid() {
    publish("r-2", NOW);
    publish("r-3", NOW.plusSeconds(3_000_000_000L));
    publish("r-1", NOW.minusSeconds(864_000));
    publish("r-0", NOW.minusSeconds(864_000));

    assertThat(ids()).containsExactly("r-2", "r-3", "r-1", "r-0");
    assertThat(newest()).isEqualTo("r-0");
  }

  @Test
  void aNameMeansTheRunThatWasPublishedLastOfThoseThatHaveIt() {
    publish("r-1", NOW);
    publish("r-2", NOW);
    end("r-3", Runs.REJECTED, NOW);
    RunNames.give(warehouse, "r-1", "old");
    RunNames.give(warehouse, "r-1", "study");
    RunNames.give(warehouse, "r-2", "study");
    RunNames.give(warehouse, "r-3", "study");
    assertThat(RunNames.id(warehouse, "study")).isEqualTo("r-2");
    assertThat(RunNames.find(warehouse, "old")).isEmpty();
    assertThat(RunNames.all(warehouse)).containsOnlyKeys("r-1", "r-2", "r-3");
  }

  @Test
  void aDamagedNameIsSaidToBe() throws IOException {
    RunNames.give(warehouse, "r-1", "study");
    Path name = folder.resolve("run_plans/r-1.name.json");
    rewrite(name, Files.readString(name).replace("study", "stady"));
    assertThatThrownBy(() -> RunNames.find(warehouse, "study"))
        .isInstanceOf(InvalidInput.class)
        .hasMessageStartingWith("name file:%s is damaged: ", name)
        .hasMessageEndingWith("remove it, and give the run its name again");
  }

  @Test
  void runsOfTheVersionBeforeComeFirstByTheirTimes() throws IOException {
    publish("r-9", NOW.plusSeconds(9));
    publish("r-8", NOW.plusSeconds(99));
    asOf02("r-9");
    asOf02("r-8");
    publish("r-7", NOW);

    assertThat(ids()).containsExactly("r-9", "r-8", "r-7");
    assertThat(newest()).isEqualTo("r-7");
  }

  @Test
  void withADamagedRecordThatCouldBeTheNewestThereIsNoNewest() throws IOException {
    publish("r-1", NOW);
    publish("r-2", NOW);
    rewrite(recordOf("r-2"), Files.readString(recordOf("r-2")).replace("published", "publixhed"));

    assertThatThrownBy(this::newest)
        .isInstanceOf(InvalidInput.class)
        .hasMessageContaining("which run was published last cannot be known: record ")
        .hasMessageContaining("runs/run_id=r-2/_commits/complete.json is damaged")
        .message()
        .hasLineCount(1);
    assertThat(Runs.readable(warehouse)).extracting(Runs.Run::runId).containsExactly("r-1");
    assertThatThrownBy(() -> Runs.all(warehouse)).hasMessageContaining("run_id=r-2");
  }

  @Test
  void aDamagedRecordOfAnOlderRunHindersNobody() throws IOException {
    publish("r-1", NOW);
    rewrite(recordOf("r-1"), "{");
    publish("r-2", NOW);
    publish("r-3", NOW);

    assertThat(newest()).isEqualTo("r-3");
    assertThat(Runs.readable(warehouse)).extracting(Runs.Run::runId).containsExactly("r-2", "r-3");
  }

  @Test
  void aRecordOfTheVersionBeforeWithOddPropertiesIsDamaged() throws IOException {
    publish("r-1", NOW);
    asOf02("r-1");
    String record = Files.readString(recordOf("r-1"));
    for (String[] odd :
        new String[][] {
          {"published", "publixhed", "its status is publixhed"},
          {"\"identity\"", "\"identitx\"", "it has no property identity"},
          {"2026-11-22T", "2026-11-2xT", "could not be parsed"},
          {"\"run_id\":\"r-1\"", "\"run_id\":\"r-2\"", "it is of run r-2"},
          {"m-1", "../x", "is no id"}
        }) {
      rewrite(recordOf("r-1"), record.replace(odd[0], odd[1]));

      assertThatThrownBy(() -> Runs.find(warehouse, "r-1"))
          .as(odd[1])
          .isInstanceOf(InvalidInput.class)
          .hasMessageContaining("runs/run_id=r-1/_commits/complete.json is damaged: ")
          .hasMessageContaining(odd[2])
          .hasMessageContaining("remove " + warehouse.part(Tables.RUNS, "r-1").name())
          .message()
          .hasLineCount(1);
    }
  }

  @Test
  void aWholeRunPasses() throws IOException {
    publish("r-1", NOW);
    assertThatCode(() -> Runs.checkWhole(warehouse, "r-1")).doesNotThrowAnyException();
    warehouse
        .part(SampleTable.METRICS, "r-1", "ablation")
        .write(session.sql("select 'b' as metric, 2d as value"));
    assertThatCode(() -> Runs.checkWhole(warehouse, "r-1")).doesNotThrowAnyException();
  }

  @Test
  void aMissingPartIsNamed() throws IOException {
    publish("r-1", NOW);
    for (String part :
        List.of("similar_strings/run_id=r-1/block=1", "summaries/run_id=r-1/analysis=run")) {
      Path record = folder.resolve(part + "/_commits/complete.json");
      Files.move(record, folder.resolve("aside"));

      assertThatThrownBy(() -> Runs.checkWhole(warehouse, "r-1"))
          .isInstanceOf(InvalidInput.class)
          .hasMessage(
              "--warehouse %s: run r-1 is not whole: %s/%s is missing; remove %s/runs/run_id=r-1"
                  + " and run again with its settings, to compute what is missing",
              warehouse.root(), warehouse.root(), part, warehouse.root());
      Files.move(folder.resolve("aside"), record);
    }
  }

  @Test
  void aPartThatWasWrittenAnewIsNotTheRuns() throws IOException {
    publish("r-1", NOW);
    Part block = warehouse.part(Tables.SIMILAR_STRINGS, "r-1", 1);
    Files.delete(folder.resolve("similar_strings/run_id=r-1/block=1/_commits/complete.json"));
    block.write(
        session.sql("select 1 as prompt_id, 8L as window_id, .6f as similarity, 1 as block"));

    assertThatThrownBy(() -> Runs.checkWhole(warehouse, "r-1"))
        .isInstanceOf(InvalidInput.class)
        .hasMessageContaining("block=1 is not the one that it was published with");
  }

  @Test
  void aBlockOfARunOfTheVersionBeforeIsMissed(SparkSession spark) throws IOException {
    warehouse
        .part(Tables.PROMPT_ACTIVATIONS, "m-1", "p-1")
        .writeVectors(
            spark.sql("select explode(array(0, 1)) as block, 0 as prompt_id, array(1f) as ffn_out"),
            2);
    publish("r-1", NOW);
    for (Table table : List.of(Tables.DISTANCES, Tables.APPROXIMATIONS)) {
      warehouse
          .part(table, "r-1")
          .write(spark.createDataFrame(List.of(), table.fileColumns()).coalesce(1));
    }

    for (int block = 0; block < 2; block++) {
      warehouse
          .part(Tables.BLOCK_DISTRIBUTIONS, "r-1", block)
          .write(
              spark.createDataFrame(List.of(), Tables.BLOCK_DISTRIBUTIONS.columns()).coalesce(1));
    }

    asOf02("r-1");
    assertThatCode(() -> Runs.checkWhole(warehouse, "r-1")).doesNotThrowAnyException();
    Files.delete(folder.resolve("block_distributions/run_id=r-1/block=1/_commits/complete.json"));

    assertThatThrownBy(() -> Runs.checkWhole(warehouse, "r-1"))
        .isInstanceOf(InvalidInput.class)
        .hasMessageContaining("block_distributions/run_id=r-1/block=1 is missing");
  }
}
