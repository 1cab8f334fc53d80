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

/** Alignments of a small run, with embeddings that were hardly learned. */
class TestAlign {
  private static final String RECIPE = "fast_n2_s42_m3";

  @TempDir private static Path base;
  private static CommandLineRun tooEarly;
  private static CommandLineRun aligned;

  @BeforeAll
  static void align() throws IOException {
    Path corpus;
    try (InputStream in = TestAlign.class.getResourceAsStream("/dickens.txt")) {
      in.skipNBytes(3); // the byte order mark
      corpus =
          Files.writeString(
              base.resolve("corpus.txt"), new String(in.readNBytes(4_000), StandardCharsets.UTF_8));
    }

    ok(command("run", "--corpus", corpus.toString(), "--prompts", "30", "--alternates", "none"));
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
    List<String> arguments =
        new ArrayList<>(List.of(command, "--warehouse", base.resolve("warehouse").toString()));
    arguments.addAll(Arrays.asList(options));
    return CommandLineRun.of(arguments.toArray(String[]::new));
  }

  private static List<String> rows(String statement) {
    return ok(command("sql", "--format", "csv", "-e", statement)).out().lines().skip(1).toList();
  }

  @Test
  void withoutSubspacesItSaysHowToGetThem() {
    assertThat(tooEarly.status()).isEqualTo(2);
    assertThat(tooEarly.messages())
        .singleElement()
        .asString()
        .contains("no subspaces fast_n100_s42 of the stage final for the model ")
        .endsWith("find them with kindred subspaces, or name others with --recipe");
  }

  @Test
  void allDirectionsArePlacedForThePromptsOfTheirBlocks() {
    assertThat(
            rows(
                "select directions, count(distinct block), count(*) from"
                    + " kindred.current.alignments group by directions order by directions"))
        .containsExactly(
            "block-5_fast_n2_s42_m3_k1,1,30",
            "block-5_fast_n2_s42_m3_k1_signed,1,30",
            "final_fast_n2_s42_m3_k1,6,180",
            "final_fast_n2_s42_m3_k1_signed,6,180",
            "random_42,6,180",
            "unembedding,6,180",
            "unembedding_signed,6,180");
  }

  @Test
  void theSummaryHasTheShareThatAgrees() {
    List<String> counted =
        rows(
            "select avg(if(agrees, 1, 0)) from kindred.current.alignments where block = 5 and"
                + " directions = 'unembedding_signed'");

    assertThat(
            rows(
                "select value from kindred.current.summaries where metric ="
                    + " 'alignment.unembedding_signed.block.5.agreement'"))
        .isEqualTo(counted);
  }

  @Test
  void theReportIsWrittenWithIt() throws IOException {
    String report = aligned.lastLine().replaceAll(".* report=", "");

    assertThat(aligned.lastLine())
        .contains(" analysis=alignment last_block_agreement=0.", " last_block_chance=0.");
    assertThat(Files.readString(Path.of(report)))
        .contains(
            "Alignment with token subspaces", ">" + RECIPE + "</th>", ">own stage, signed</th>");
  }

  @Test
  void anotherTimeNothingIsComputed() {
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
}
