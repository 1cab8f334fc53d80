/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What can be found about a run once it is published. */
class TestAnalyses {
  private static final int PROMPTS = 60;
  private static final int BLOCKS = 6;

  @TempDir private static Path base;
  private static String runId;

  @BeforeAll
  static void run() throws IOException {
    Path corpus;
    try (InputStream in = TestAnalyses.class.getResourceAsStream("/dickens.txt")) {
      in.skipNBytes(3); // the byte order mark
      corpus =
          Files.writeString(
              base.resolve("corpus.txt"), new String(in.readNBytes(6_000), StandardCharsets.UTF_8));
    }

    CommandLineRun run =
        command(
            "run",
            "--corpus",
            corpus.toString(),
            "--prompts",
            Integer.toString(PROMPTS),
            "--alternates",
            "none");
    assertThat(run.status()).as(run.err()).isZero();
    runId = run.lastLine().replaceFirst(".*run_id=(\\S+).*", "$1");
  }

  private static CommandLineRun command(String command, String... options) {
    List<String> arguments = new ArrayList<>(List.of(command));
    arguments.addAll(List.of("--warehouse", base.resolve("warehouse").toString()));
    arguments.addAll(Arrays.asList(options));
    return CommandLineRun.of(arguments.toArray(String[]::new));
  }

  private static List<String> rows(String statement) {
    CommandLineRun run = command("sql", "--format", "csv", "-e", statement);
    assertThat(run.status()).as(run.err()).isZero();
    return run.out().lines().skip(1).toList();
  }

  @Test
  void ablationFillsItsTablesTheSummariesAndTheReport() throws IOException {
    CommandLineRun ablated = command("ablate");

    assertThat(ablated.status()).as(ablated.err()).isZero();
    assertThat(ablated.out()).contains("Hellinger distance to the", "  block 5 ");
    assertThat(ablated.lastLine())
        .startsWith("kindred: run_id=" + runId + " analysis=ablation report=");
    assertThat(rows("select count(*) from kindred.current.ablations"))
        .containsExactly(Integer.toString(PROMPTS * BLOCKS * 4));
    assertThat(
            rows(
                "select count(*) from kindred.current.summaries where analysis = 'ablation' and"
                    + " metric like 'ablation.block.3.whole.without_ffn.%'"))
        .containsExactly("12");
    assertThat(Files.readString(Path.of(ablated.lastLine().replaceFirst(".* report=", ""))))
        .contains("What each block’s parts contribute");
  }

  @Test
  void geometryFillsItsTablesAndTheSummaries() {
    CommandLineRun measured = command("geometry");

    assertThat(measured.status()).as(measured.err()).isZero();
    assertThat(measured.out()).contains("Without attention outputs", "  block 5 ", "times 10");
    assertThat(measured.lastLine())
        .startsWith("kindred: run_id=" + runId + " analysis=geometry report=");
    assertThat(rows("select count(*) from kindred.current.directions"))
        .containsExactly(Integer.toString(PROMPTS * BLOCKS));
    assertThat(rows("select count(*) from kindred.current.perturbations"))
        .containsExactly(Integer.toString(PROMPTS * 3));
    assertThat(
            rows(
                "select count(*) from kindred.current.summaries where analysis = 'geometry' and"
                    + " metric like 'geometry.perturbation.scale_10.%' and value is not null"))
        .containsExactly("28");
  }

  @Test
  void theReportDrawsThePromptThatIsAskedFor() throws IOException {
    Path report = base.resolve("report.html");
    CommandLineRun measured =
        command("geometry", "--prompt", "\\nOliver", "--report", report.toString());

    assertThat(measured.status()).as(measured.err()).isZero();
    assertThat(Files.readString(report))
        .containsSubsequence(
            "Geometry of the residual stream",
            "⏎",
            "Oliver",
            "<svg",
            "attn 5",
            "Without attention outputs",
            "ffn 5",
            "noise of std 2");
  }

  @Test
  void theReportHasItsPromptsThroughTheLens() throws IOException {
    Path report = base.resolve("lens.html");
    CommandLineRun reported =
        command(
            "report", "--run-id", runId, "--report-prompts", "2", "--report", report.toString());

    assertThat(reported.status()).as(reported.err()).isZero();
    assertThat(Files.readString(report).split("<table class=\"lens\">")).hasSize(3);
  }

  @Test
  void aDrawnPromptThatTheModelCannotReadIsAnError() {
    assertInvalid(command("geometry", "--prompt", "caf\u00e9"), "--prompt: the model has no token");
    assertInvalid(
        command("geometry", "--prompt", ""), "--prompt: \"\" has 0 tokens, the model reads");
  }

  private static void assertInvalid(CommandLineRun run, String message) {
    assertThat(run.messages()).as(run.err()).hasSize(1).first().asString().contains(message);
    assertThat(run.status()).isEqualTo(2);
  }

  @Test
  void anAnalysisThatIsThereIsShownAgain() {
    CommandLineRun first = command("ablate", "--run-id", runId);
    CommandLineRun second = command("ablate", "--run-id", runId);

    assertThat(second.status()).as(second.err()).isZero();
    assertThat(second.err()).contains("ablation         reused");
    assertThat(second.out()).isEqualTo(first.out());
  }

  @Test
  void aRunThatIsNotThereIsAnError() {
    CommandLineRun ablated = command("ablate", "--run-id", "r-20200101-000000-aaaa");

    assertThat(ablated.status()).isEqualTo(2);
    assertThat(ablated.err().strip())
        .contains("--run-id r-20200101-000000-aaaa: no such run")
        .doesNotContain("\tat ");
  }

  @Test
  void aModelWithoutARunIsAnError() {
    Path other =
        Path.of(System.getProperty("kindred.home"), "models/dickens-small/alternates/seed-88");
    CommandLineRun ablated = command("ablate", "--model", other.toString());

    assertThat(ablated.status()).isEqualTo(2);
    assertThat(ablated.err())
        .contains("no published run of the model")
        .contains("make one with the command run")
        .doesNotContain("\tat ");
  }
}
