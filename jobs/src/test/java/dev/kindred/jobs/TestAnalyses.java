/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What can be found about a run once it is published. */
class TestAnalyses {
  private static final int PROMPTS = SharedRun.PROMPTS;
  private static final int BLOCKS = SharedRun.BLOCKS;

  /** Of embeddings that are hardly learned, which takes little time. */
  private static final String RECIPE = "fast_n2_s42_m3";

  @TempDir private static Path base;
  private static String runId;
  private static CommandLineRun tooEarly;
  private static CommandLineRun aligned;

  @BeforeAll
  static void run() throws IOException {
    SharedRun.copyTo(base.resolve("warehouse"));
    runId = SharedRun.runId();
    tooEarly = command("align");
    for (String stage : List.of("final", "block-5")) {
      String[] selection = {"--stage", stage, "--restarts", "2", "--max-steps", "3"};
      ok(command("learn-embeddings", selection));
      ok(command("subspaces", selection));
    }

    aligned = ok(command("align", "--recipe", RECIPE));
  }

  private static CommandLineRun ok(CommandLineRun run) {
    assertThat(run.status()).as(run.err()).isZero();
    return run;
  }

  private static CommandLineRun command(String command, String... options) {
    List<String> arguments = new ArrayList<>(List.of(command));
    arguments.addAll(List.of("--warehouse", base.resolve("warehouse").toString()));
    arguments.addAll(Arrays.asList(options));
    return CommandLineRun.of(arguments.toArray(String[]::new));
  }

  private static List<String> rows(String statement) {
    return CommandLineRun.rows(base.resolve("warehouse"), statement);
  }

  @Test
  void ablationFillsItsTablesTheSummariesAndTheReport() throws IOException {
    CommandLineRun ablated = command("ablate");

    assertThat(ablated.status()).as(ablated.err()).isZero();
    assertThat(ablated.out()).contains("alone, without", "\n5 ");
    assertThat(ablated.lastLine())
        .startsWith("kindred: run_id=" + runId + " analysis=ablation report=");
    assertThat(rows("select count(*) from kindred.current.ablations"))
        .containsExactly(Integer.toString(PROMPTS * BLOCKS * 4));
    assertThat(
            rows(
                "select count(*) from kindred.current.summaries where analysis = 'ablation' and"
                    + " block = 3 and series = 'whole_without_ffn'"))
        .containsExactly("12");
    assertThat(Files.readString(Path.of(ablated.lastLine().replaceFirst(".* report=", ""))))
        .contains("What each block’s parts contribute");
  }

  @Test
  void geometryFillsItsTablesAndTheSummaries() {
    CommandLineRun measured = command("geometry");

    assertThat(measured.status()).as(measured.err()).isZero();
    assertThat(measured.out()).contains("without attention outputs", "\n5 ", "times 10");
    assertThat(measured.lastLine())
        .startsWith("kindred: run_id=" + runId + " analysis=geometry report=");
    assertThat(rows("select count(*) from kindred.current.directions"))
        .containsExactly(Integer.toString(PROMPTS * BLOCKS));
    assertThat(rows("select count(*) from kindred.current.perturbations"))
        .containsExactly(Integer.toString(PROMPTS * 3));
    assertThat(
            rows(
                "select count(*) from kindred.current.summaries where analysis = 'geometry' and"
                    + " series = 'scale_10'"))
        .containsExactly("28");
  }

  @Test
  void theReportDrawsThePromptThatIsAskedFor() throws IOException {
    Path report = base.resolve("report.html");
    CommandLineRun measured =
        command("geometry", "--prompt", "\\nOliver", "--report", report.toString());

    assertThat(measured.status()).as(measured.err()).isZero();
    String page = Files.readString(report);
    String section = page.substring(page.indexOf("<h2>Geometry of the residual stream"));
    assertThat(section.substring(0, section.indexOf("</section>")))
        .contains("⏎", "Oliver", "<svg", "attn 5", "ffn 5", "noise of std 2");
  }

  @Test
  void aReportThatCannotBeWrittenStopsAnAnalysisBeforeItBegins() throws IOException {
    Path file = Files.writeString(base.resolve("no-folder"), "");
    CommandLineRun run =
        command("align", "--recipe", RECIPE, "--seed", "8", "--report", file + "/report.html");

    assertInvalid(run, "--report " + file + "/report.html: cannot be written: ");
    assertThat(rows("select * from kindred.current.alignments where directions = 'random_8'"))
        .isEmpty();
  }

  @Test
  void aReportThatIsThereStaysIfTheNextCannotBeMade() throws IOException {
    Path report = Files.writeString(base.resolve("earlier.html"), "earlier");
    Path other = base.resolve("other/report.html");
    assertThat(command("geometry", "--prompt", "", "--report", report.toString()).status())
        .isEqualTo(2);
    assertThat(command("geometry", "--prompt", "", "--report", other.toString()).status())
        .isEqualTo(2);

    assertThat(report).hasContent("earlier");
    assertThat(other.getParent()).doesNotExist();
    assertThat(base).isDirectoryNotContaining("glob:**kindred-*");
  }

  @Test
  void theReportHasItsPromptsThroughTheLens() throws IOException {
    Path report = base.resolve("lens.html");
    CommandLineRun reported =
        command(
            "report", "--run-id", runId, "--report-prompts", "2", "--report", report.toString());

    assertThat(reported.status()).as(reported.err()).isZero();
    assertThat(Files.readString(report).split("<table class=\"predicted\">")).hasSize(3);
  }

  @Test
  void theReportHasWhatIsKnownOfTheRunsModel() throws IOException {
    ok(command("circuits", "--bases", "embedding", "--ranked-tokens", "0", "--draws", "2"));
    ok(command("heads", "--stimulus", "permutation", "--sequences", "1", "--ablate", "none"));
    String corpus = SharedRun.corpus().toString();
    String[] few = {"--sample", "10", "--last", "1,2", "--text-length", "64"};
    ok(
        command(
            "locality",
            Stream.concat(Stream.of("--corpus", corpus), Stream.of(few)).toArray(String[]::new)));
    Path report = base.resolve("model.html");
    ok(command("report", "--run-id", runId, "--report", report.toString()));

    assertThat(Files.readString(report))
        .contains(
            "<h2>Circuits of heads",
            "How far keys are made of what earlier heads wrote",
            "<h2>What heads attend to",
            "alike to all",
            "<h2>How far back the model looks",
            "2 last tokens, rebased");
    assertThat(
            rows(
                "select count(distinct block, head) from kindred.current.head_circuits union all"
                    + " select count(distinct block, head) from kindred.current.head_scores"))
        .containsOnly("36");
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

  @Test
  void alignmentWithoutSubspacesSaysHowToGetThem() {
    assertThat(tooEarly.status()).isEqualTo(2);
    assertThat(tooEarly.messages())
        .singleElement()
        .asString()
        .contains("no subspaces fast_n100_s42 of the stage final for the model ")
        .endsWith(
            "find them with submit-scripts/kindred.sh subspaces, or name others with --recipe");
  }

  @Test
  void allDirectionsArePlacedForThePromptsOfTheirBlocks() {
    assertThat(
            rows(
                "select directions, count(distinct block), count(*) from"
                    + " kindred.current.alignments group by directions order by directions"))
        .containsExactly(
            "block-5_fast_n2_s42_m3_k1,1," + PROMPTS,
            "block-5_fast_n2_s42_m3_k1_signed,1," + PROMPTS,
            "final_fast_n2_s42_m3_k1,6," + BLOCKS * PROMPTS,
            "final_fast_n2_s42_m3_k1_signed,6," + BLOCKS * PROMPTS,
            "random_42,6," + BLOCKS * PROMPTS,
            "unembedding,6," + BLOCKS * PROMPTS,
            "unembedding_signed,6," + BLOCKS * PROMPTS);
  }

  @Test
  void theSummaryHasTheShareOfPromptsThatAlign() {
    List<String> counted =
        rows(
            "select avg(if(agrees, 1, 0)) from kindred.current.alignments where block = 5 and"
                + " directions = 'unembedding_signed'");

    assertThat(
            rows(
                "select value from kindred.current.summaries where series = 'unembedding' and"
                    + " quantity = 'agreement_signed' and block = 5 and statistic = 'mean'"))
        .isEqualTo(counted);
  }

  @Test
  void theReportHasTheAlignment() throws IOException {
    String report = aligned.lastLine().replaceAll(".* report=", "");

    assertThat(aligned.lastLine())
        .contains(" analysis=alignment last_block_agreement=0.", " last_block_chance=0.");
    assertThat(Files.readString(Path.of(report)))
        .contains(
            "Alignment with token subspaces", ">" + RECIPE + "</th>", ">own stage, signed</th>");
  }

  @Test
  void alignmentSaysHowManyTokensHaveNoCertainEmbeddings() {
    assertThat(aligned.out())
        .contains(
            "Of 77 tokens, 77 have embeddings before the final norm that had not converged.",
            "Of 77 tokens, 77 have embeddings before block 5 that had not converged.");
  }

  @Test
  void anotherTimeNoAlignmentIsComputed() {
    CommandLineRun again = ok(command("align", "--recipe", RECIPE));

    assertThat(again.out()).isEqualTo(aligned.out());
    assertThat(again.err()).contains("alignments/").doesNotContain("started");
  }

  @Test
  void moreDirectionsThanThereAreCannotBeHad() {
    CommandLineRun run = command("align", "--recipe", RECIPE, "--ranks", "3");

    assertThat(run.status()).isEqualTo(2);
    assertThat(run.messages())
        .containsExactly(
            "kindred: --ranks 3: the subspaces fast_n2_s42_m3 of the stage final have 2 directions"
                + " each");
  }

  @Test
  void aRecipeIsAKeyOfSubspaces() {
    CommandLineRun run = command("align", "--recipe", "../x");

    assertThat(run.status()).isEqualTo(2);
    assertThat(run.messages())
        .containsExactly(
            "kindred: --recipe ../x: expected a recipe of subspaces, as fast_n100_s42");
  }

  @Test
  void whatTheRunHasLeftMustBeThere() throws IOException {
    Path block =
        base.resolve("warehouse/block_distributions/run_id=" + runId).resolve("block=" + 3);
    Path away = base.resolve("away");
    Files.move(block, away);
    try {
      assertInvalid(
          command("align", "--recipe", RECIPE, "--seed", "7"), block + " is missing; remove ");
    } finally {
      Files.move(away, block);
    }
  }
}
