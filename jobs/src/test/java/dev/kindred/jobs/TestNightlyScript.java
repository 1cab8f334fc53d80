/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code submit-scripts/nightly.sh}: a night, its log and its exit status. */
class TestNightlyScript {
  @TempDir private Path folder;

  private ScriptRun night(List<Integer> statuses, String... lines)
      throws IOException, InterruptedException {
    return ScriptRun.of(folder, statuses, Map.of(), "nightly.sh", file(lines).toString());
  }

  private Path file(String... lines) throws IOException {
    List<String> all = new ArrayList<>(List.of("# a comment", "", "MASTER=yarn"));
    all.add("LOG_DIR=" + folder.resolve("logs"));
    all.add("WAREHOUSE=hdfs:///a warehouse's $(id)");
    all.addAll(List.of(lines));
    return Files.write(folder.resolve("nightly.env"), all);
  }

  private List<Path> logs() throws IOException {
    try (Stream<Path> files = Files.list(folder.resolve("logs"))) {
      return files.filter(path -> path.toString().endsWith(".log")).sorted().toList();
    }
  }

  @Test
  void aGoodNightRunsAndThenExpires() throws IOException, InterruptedException {
    ScriptRun night =
        night(
            List.of(0, 0),
            "CORPUS=/the corpus",
            "MODEL=/model",
            "RUN_ARG=--prompts=my \"prompts\".txt",
            "SUBMIT_ARG=--num-executors=3",
            "KEEP=7");
    assertThat(night.status()).as(night.output()).isZero();
    assertThat(night.arguments())
        .containsExactly(
            "run",
            "--warehouse",
            "hdfs:///a warehouse's $(id)",
            "--corpus",
            "/the corpus",
            "--model",
            "/model",
            "--prompts=my \"prompts\".txt");
    assertThat(night.submissions()).hasSize(2);
    for (List<String> submission : night.submissions()) {
      assertThat(submission).containsSequence("--num-executors=3", "local:///kindred.jar");
    }

    assertThat(night.submissions().get(1))
        .endsWith("expire", "--keep", "7", "--warehouse", "hdfs:///a warehouse's $(id)");
    Path log = logs().get(0);
    assertThat(night.lastLine())
        .matches(
            "kindred: nightly outcome=done status=0 run_id=r-20261122-064036-027e attempts=1"
                + " seconds=\\d+ log=\\Q"
                + log
                + "\\E");
    assertThat(Files.readString(log)).isEqualTo(night.output());
  }

  @ParameterizedTest
  @CsvSource({"2, refused", "3, rejected", "4, busy"})
  void whatWouldFailAgainIsNotTriedAgain(int status, String outcome)
      throws IOException, InterruptedException {
    ScriptRun night = night(List.of(status), "KEEP=7", "ATTEMPTS=3");
    assertThat(night.status()).isEqualTo(status);
    assertThat(night.submissions()).hasSize(1);
    assertThat(night.lastLine()).contains("outcome=" + outcome + " status=" + status + " ");
  }

  @Test
  void aRunThatDiedIsResumed() throws IOException, InterruptedException {
    ScriptRun night = night(List.of(137, 1, 0), "ATTEMPTS=3");
    assertThat(night.status()).isZero();
    assertThat(night.submissions()).hasSize(3);
    assertThat(night.output()).contains("attempt 1 ended with status 137");
    assertThat(night.lastLine()).contains("outcome=done status=0").contains("attempts=3");
  }

  @Test
  void theLastAttemptsStatusIsTheNights() throws IOException, InterruptedException {
    ScriptRun night = night(List.of(1, 137), "KEEP=7");
    assertThat(night.status()).isEqualTo(137);
    assertThat(night.lastLine()).contains("outcome=killed status=137").contains("attempts=2");
  }

  @Test
  void anExpiryThatFailsIsTold() throws IOException, InterruptedException {
    ScriptRun night = night(List.of(0, 4), "KEEP=7");
    assertThat(night.status()).isEqualTo(4);
    assertThat(night.output()).contains("the run is published; expiring older ones ended with");
  }

  @Test
  void nightsNeverOverlapAndASignalIsPassedOn() throws IOException, InterruptedException {
    Files.writeString(folder.resolve("calls.wait"), "");
    Process first =
        ScriptRun.start(folder, List.of(0), Map.of(), "nightly.sh", file("KEEP=7").toString());
    while (!Files.exists(folder.resolve("calls"))) {
      assertThat(first.isAlive()).isTrue();
      Thread.onSpinWait();
    }

    ScriptRun second = night(List.of(0), "KEEP=7");
    assertThat(second.status()).isEqualTo(4);
    assertThat(second.output()).contains("the night before has not ended");
    assertThat(second.lastLine()).contains("outcome=busy status=4 run_id=- attempts=0");
    assertThat(second.submissions()).as("only the first night's").hasSize(1);

    first.toHandle().destroy(); // Process.destroy would close the stream
    String output = new String(first.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(first.waitFor()).as("SIGTERM").isEqualTo(143);
    assertThat(output).contains("outcome=killed status=143").contains("attempts=1");
  }

  @Test
  void logsAreKeptForAsManyNightsAsAskedFor() throws IOException, InterruptedException {
    Files.createDirectories(folder.resolve("logs"));
    for (int day = 1; day <= 5; day++) {
      Files.writeString(folder.resolve("logs/kindred-2020010" + day + "-013000-7.log"), "");
    }

    Files.writeString(folder.resolve("logs/other.log"), "");
    night(List.of(0), "KEEP_LOGS=3");
    assertThat(logs())
        .extracting(path -> path.getFileName().toString())
        .hasSize(4)
        .contains("kindred-20200104-013000-7.log", "kindred-20200105-013000-7.log", "other.log");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "KEPE=7|line 6: KEPE is not a setting",
        "what|line 6: expected NAME=value",
        "KEEP=all|KEEP=all: expected a whole number from 1",
        "WAREHOUSE=|WAREHOUSE is not set",
        "CORPUS=s3a://key:secret@bucket/x|CORPUS has a password in its URI",
        "'DEPLOY_MODE=cluster\nMASTER=k8s://x'|DEPLOY_MODE=cluster does not tell on Kubernetes",
        "RUN_ARG=--prompts 5|line 6: RUN_ARG is one argument; write RUN_ARG=--prompts=5",
        "RUN_ARG=--alternates=s3a://key:secret@b/x|line 6: RUN_ARG has a password in its URI",
        "LOG_DIR=s3a://key:secret@bucket/logs|LOG_DIR has a password in its URI",
        "SUBMIT_ARG=--files=s3a://key:secret@b/x|line 6: SUBMIT_ARG has a password in its URI",
        "'CORPUS=a\rb'|line 6: has a control character in it",
        "LOG_DIR=/proc/no|LOG_DIR=/proc/no: cannot be written"
      })
  void aFileThatCannotBeUsedIsRefusedInOneLine(String line, String message)
      throws IOException, InterruptedException {
    ScriptRun night = night(List.of(0), line);
    assertThat(night.status()).isEqualTo(2);
    assertThat(night.output().lines().toList())
        .singleElement()
        .asString()
        .startsWith("kindred: ")
        .contains(message)
        .doesNotContain("secret");
    assertThat(night.submissions()).isEmpty();
  }

  @Test
  void aFileThatWindowsWroteIsReadAsItIsMeant() throws IOException, InterruptedException {
    Path file = file("KEEP=7", "CORPUS=/data/größe");
    Files.writeString(file, "\uFEFF" + Files.readString(file).replace("\n", "\r\n"));
    ScriptRun night = ScriptRun.of(folder, List.of(0, 0), Map.of(), "nightly.sh", file.toString());
    assertThat(night.status()).as(night.output()).isZero();
    assertThat(night.arguments()).contains("/data/größe");
    assertThat(night.submissions().toString()).doesNotContain("\r");
  }

  @Test
  void aNightWithoutAMasterTakesNoOptionsOfSparkSubmit() throws IOException, InterruptedException {
    ScriptRun night = night(List.of(0), "MASTER=", "SUBMIT_ARG=--num-executors=3");
    assertThat(night.status()).isEqualTo(2);
    assertThat(night.output()).contains("SUBMIT_ARG=--num-executors=3 is for spark-submit");
  }

  @Test
  void withoutSourcesANightNeedsAMaster() throws IOException, InterruptedException {
    Path scripts = ScriptRun.install(Files.createDirectory(folder.resolve("installed")));
    ScriptRun night = installed(scripts, "MASTER=");
    assertThat(night.status()).isEqualTo(2);
    assertThat(night.output().lines().toList())
        .singleElement()
        .asString()
        .contains("MASTER is not set");
    assertThat(installed(scripts, "MASTER=local[*]").status()).isZero();
  }

  private ScriptRun installed(Path scripts, String line) throws IOException, InterruptedException {
    return ScriptRun.of(
        folder,
        List.of(0),
        Map.of(),
        scripts.resolve("nightly.sh").toString(),
        file(line).toString());
  }

  @Test
  void theExampleCanBeUsed() throws IOException, InterruptedException {
    Path example = Path.of(System.getProperty("kindred.home"), "conf/nightly.env.example");
    List<String> lines =
        Files.readAllLines(example).stream()
            .filter(line -> !line.matches("(SPARK_HOME|JAVA_HOME|LOG_DIR)=.*"))
            .toList();
    ScriptRun night = night(List.of(0, 0), lines.toArray(String[]::new));
    assertThat(night.status()).as(night.output()).isZero();
  }
}
