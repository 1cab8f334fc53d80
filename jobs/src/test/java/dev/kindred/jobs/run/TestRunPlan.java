/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kindred.InvalidInput;
import dev.kindred.LocalSpark;
import dev.kindred.prediction.Mixture;
import dev.kindred.prediction.WeightedCounts;
import dev.kindred.table.Warehouse;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Plans in a warehouse, those of Kindred 0.2 among them. */
@ExtendWith(LocalSpark.class)
class TestRunPlan {
  private static final String OLD = "r-20261128-064035-afdb";

  /** As Kindred 0.2 wrote it, with fewer settings. */
  private static final String OLD_PLAN =
      """
      {
        "runId" : "r-20261128-064035-afdb",
        "startedAt" : "2026-11-28T06:40:35.356616679Z",
        "version" : "0.2.0-SNAPSHOT",
        "modelId" : "m-d78503bc4da6f0d5",
        "corpusId" : "c-a3550140f197a8fb",
        "promptSet" : "p-7d16ef0441c626a2",
        "alternates" : [ "m-dafe11491a72ecfa" ],
        "thresholds" : [ 0.95, 0.94, 0.85, 0.76, 0.81, 0.89 ],
        "weights" : [ 0.01, 0.01, 0.1, 1.5, 6.0, 0.01 ],
        "saturation" : "Infinity",
        "settings" : {
          "keep-similar" : "100",
          "window-length" : "10"
        }
      }
      """;

  /** The record that 0.2 made of that run. */
  private static final String OLD_RECORD =
      "{\"files\":[],\"properties\":{\"corpus_id\":\"c-a3550140f197a8fb\","
          + "\"ended_at\":\"2026-11-28T06:56:35.519449554Z\",\"identity\":\"i-bc6f61a9660c61ef\","
          + "\"model_id\":\"m-d78503bc4da6f0d5\",\"prompt_set\":\"p-7d16ef0441c626a2\","
          + "\"run_id\":\"r-20261128-064035-afdb\",\"status\":\"published\"}}";

  @TempDir private Path folder;
  private Warehouse warehouse;

  @BeforeEach
  void open(SparkSession spark) throws IOException {
    warehouse = new Warehouse(spark, folder.toString());
    Files.createDirectories(folder.resolve("run_plans"));
    Files.createDirectories(folder.resolve("runs/run_id=" + OLD + "/_commits"));
  }

  private Path file(String runId) {
    return folder.resolve("run_plans/" + runId + ".json");
  }

  private void writeOld(String plan) throws IOException {
    Files.writeString(file(OLD), plan);
    Files.writeString(folder.resolve("runs/run_id=" + OLD + "/_commits/complete.json"), OLD_RECORD);
  }

  private static RunPlan plan() {
    return RunPlan.start(
        "m-1",
        "c-1",
        "p-1",
        List.of("m-2"),
        new WeightedCounts(new double[] {.5, .25}, Mixture.ofCounts(1, 2)),
        Map.of("keep-similar", "100", "corpus", "größe.txt"));
  }

  @Test
  void aPlanOfTheVersionBeforeGivesTheIdentityOfItsRun() throws IOException {
    writeOld(OLD_PLAN);

    RunPlan plan = RunPlan.read(warehouse, OLD);

    assertThat(plan.identity()).isEqualTo("i-bc6f61a9660c61ef");
    assertThat(plan.begun()).isZero();
    assertThat(plan.rule())
        .isInstanceOfSatisfying(
            WeightedCounts.class, rule -> assertThat(rule.mixture().saturation()).isInfinite());
  }

  @ParameterizedTest
  @ValueSource(strings = {"0.95:0.15", "afe11:afe12", "6.0:7.0", "\"100\":\"1000\"", "c-a:c-b"})
  void aPlanThatIsNotOfItsRunIsNotBelieved(String change) throws IOException {
    writeOld(OLD_PLAN.replace(change.split(":")[0], change.split(":")[1]));

    assertThatThrownBy(() -> RunPlan.read(warehouse, OLD))
        .isInstanceOf(InvalidInput.class)
        .hasMessage(
            "plan file:%s is damaged: it is not the one by which the run was made; remove it and"
                + " file:%s/runs/run_id=%s and run again",
            file(OLD), folder, OLD);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "{",
        "{}",
        "null",
        "[1]",
        "{\"runId\":\"r-1\"}",
        "{\"format\":2}",
        "{\"runId\":null,\"begun\":1}"
      })
  void whatIsNoPlanIsNamed(String content) throws IOException {
    Files.writeString(file("r-1"), content);

    assertThatThrownBy(() -> RunPlan.read(warehouse, "r-1"))
        .isInstanceOf(InvalidInput.class)
        .hasMessageStartingWith("plan file:" + file("r-1") + " is damaged: ")
        .hasMessageEndingWith("; remove it and run again")
        .message()
        .hasLineCount(1);
  }

  @Test
  void aPlanSaysWhatItSaidOrIsDamagedWhicheverByteIsChanged() throws IOException {
    RunPlan plan = plan().write(warehouse);
    Path file = file(plan.runId());
    String before = said(plan);
    assertThat(said(RunPlan.read(warehouse, plan.runId()))).isEqualTo(before);
    byte[] written = Files.readAllBytes(file);
    Files.delete(file.resolveSibling("." + file.getFileName() + ".crc"));
    for (int i = 0; i < written.length; i++) {
      byte[] changed = written.clone();
      changed[i] ^= (byte) (1 << i % 8);
      Files.write(file, changed);
      String after;
      try {
        after = said(RunPlan.read(warehouse, plan.runId()));
      } catch (InvalidInput e) {
        assertThat(e).hasMessageContaining(file.toString()).message().hasLineCount(1);
        continue;
      }

      assertThat(after).as("byte %d", i).isEqualTo(before);
    }
  }

  private static String said(RunPlan plan) {
    return plan.identity() + plan.runId() + plan.startedAt() + plan.settings() + plan.begun();
  }

  @Test
  void plansAreNumberedAndTheLastOneThatIsAlikeIsTakenUp() throws IOException {
    RunPlan first = plan().write(warehouse);
    RunPlan second = plan().write(warehouse);
    Files.writeString(file("r-9"), "{");

    assertThat(second.begun()).isGreaterThan(first.begun());
    assertThat(plan().begunBefore(warehouse).orElseThrow().runId()).isEqualTo(second.runId());
  }
}
