/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kindred.table.Tables;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code kindred geometry} of a small run, as a user meets it. */
class TestMeasureGeometry {
  private static final int PROMPTS = 20;

  @TempDir private static Path folder;
  private static String warehouse;
  private static String runId;
  private static CommandLineRun measured;

  @BeforeAll
  static void runAndMeasure() throws IOException {
    try (InputStream in = TestMeasureGeometry.class.getResourceAsStream("/dickens.txt")) {
      Files.write(folder.resolve("corpus.txt"), in.readNBytes(3_000));
    }

    warehouse = folder.resolve("warehouse").toString();
    CommandLineRun run =
        CommandLineRun.of(
            "run",
            "--corpus",
            folder.resolve("corpus.txt").toString(),
            "--prompts",
            Integer.toString(PROMPTS),
            "--warehouse",
            warehouse);
    assertThat(run.status()).as(run.err()).isZero();
    runId = run.lastLine().replaceAll(".*run_id=(\\S+).*", "$1");
    measured = geometry();
    assertThat(measured.status()).as(measured.err()).isZero();
  }

  private static CommandLineRun geometry(String... arguments) {
    return CommandLineRun.of(
        Stream.concat(Stream.of("geometry", "--warehouse", warehouse), Stream.of(arguments))
            .toArray(String[]::new));
  }

  @Test
  void theTablesHaveEveryPrompt() {
    List<Long> rows =
        RunRows.with(
            Path.of(warehouse),
            found ->
                List.of(
                    found.read(Tables.DIRECTIONS).count(),
                    found.read(Tables.PERTURBATIONS).count()));

    assertThat(rows).containsExactly(6L * PROMPTS, 3L * PROMPTS);
  }

  @Test
  void theTerminalShowsDirectionsAndPerturbations() {
    assertThat(measured.out())
        .containsSubsequence("block 0", "block 5", "times 10", "noise of std 2");
    assertThat(measured.lastLine())
        .startsWith("kindred: run_id=" + runId + " analysis=geometry report=");
  }

  @Test
  void theSummariesHaveItsFigures() {
    double cosine =
        RunRows.with(
            Path.of(warehouse),
            found ->
                found
                    .read(Tables.SUMMARIES)
                    .where(
                        "analysis = 'geometry'"
                            + " and metric = 'geometry.perturbation.scale_10.cosine.mean'")
                    .select("value")
                    .first()
                    .getDouble(0));

    assertThat(cosine).isBetween(1 - 1e-6, 1 + 1e-6);
  }

  @Test
  void theReportDrawsThePromptThatIsAskedFor() throws IOException {
    Path report = folder.resolve("report.html");
    CommandLineRun run =
        geometry("--run-id", runId, "--prompt", "\\nOliver\\n", "--report", report.toString());

    assertThat(run.status()).as(run.err()).isZero();
    assertThat(run.out().lines().toList().subList(0, 5))
        .isEqualTo(measured.out().lines().toList().subList(0, 5));
    assertThat(Files.readString(report))
        .containsSubsequence(
            "Geometry of the residual stream",
            "⏎",
            "Oliver",
            "<svg",
            "embedding",
            "ffn 5",
            "Without attention outputs",
            "Logit lens");
  }

  @Test
  void badInputIsOneLine() {
    assertInvalid(geometry("--run-id", "r-1"), "--run-id r-1: no such run in ");
    assertInvalid(geometry("--prompt", "caf\u00e9"), "--prompt: the model has no token for");
    assertInvalid(
        geometry("--prompt", ""), "--prompt: \"\" has 0 tokens, the model reads 1 to 256");
    assertInvalid(
        CommandLineRun.of("geometry", "--warehouse", folder.resolve("x").toString()),
        "no published run in it");
  }

  private static void assertInvalid(CommandLineRun run, String message) {
    assertThat(run.messages()).as(run.err()).hasSize(1).first().asString().contains(message);
    assertThat(run.status()).isEqualTo(2);
  }
}
