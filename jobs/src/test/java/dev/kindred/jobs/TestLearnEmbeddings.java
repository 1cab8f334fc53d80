/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kindred.model.Models;
import dev.kindred.table.Part;
import dev.kindred.table.Table;
import dev.kindred.table.Tables;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The commands that learn embeddings and find their subspaces. */
class TestLearnEmbeddings {
  private static final String[] TWO_TOKENS = {"--tokens", "bg", "--restarts", "5"};

  @TempDir private static Path base;
  private static CommandLineRun learned;

  @BeforeAll
  static void learn() {
    learned = command("learn-embeddings", "learned", TWO_TOKENS);
    assertThat(learned.status()).as(learned.err()).isZero();
  }

  private static CommandLineRun command(String command, String warehouse, String... options) {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                command,
                "--model",
                Models.folder(Models.DICKENS_SMALL).toString(),
                "--warehouse",
                base.resolve(warehouse).toString()));
    arguments.addAll(Arrays.asList(options));
    return CommandLineRun.of(arguments.toArray(String[]::new));
  }

  private static String[] with(String... more) {
    List<String> options = new ArrayList<>(List.of(TWO_TOKENS));
    options.addAll(Arrays.asList(more));
    return options.toArray(String[]::new);
  }

  /** Asks a warehouse for rows, which come as text. */
  private static List<String> rows(String warehouse, Table table, String... columns) {
    return RunRows.with(
        base.resolve(warehouse),
        opened ->
            opened.read(table).selectExpr(columns).collectAsList().stream()
                .map(row -> row.mkString(" "))
                .sorted()
                .toList());
  }

  @Test
  void theLastLineSaysWhatWasLearned() {
    assertThat(learned.lastLine())
        .matches(
            "kindred: learned_embeddings=2x5 converged=2 stage=final"
                + " recipe=fast_n5_s42_t[0-9a-f]{9}");
  }

  @Test
  void embeddingsAreInTheirTable() {
    assertThat(
            rows(
                "learned",
                Tables.LEARNED_EMBEDDINGS,
                "stage",
                "restart",
                "nats < 0.01",
                "converged",
                "size(embedding)"))
        .hasSize(2 * 5)
        .contains("final 0 true true 192", "final 4 true true 192");
  }

  @Test
  void embeddingsThatAreThereAreReused() {
    CommandLineRun again = command("learn-embeddings", "learned", TWO_TOKENS);
    assertThat(again.err()).contains("embeddings       reused: ");
    assertThat(again.out()).isEqualTo(learned.out());
  }

  @Test
  void groupsOfAJobThatDiedAreNotLearnedAgain() throws IOException {
    Path part = onlyPart("learned");
    String model = part.getParent().getParent().getFileName().toString().substring(9);
    String recipe = part.getFileName().toString().substring(7);
    String token = rows("learned", Tables.LEARNED_EMBEDDINGS, "token_id").get(0);
    RunRows.with(
        base.resolve("died"),
        warehouse -> {
          warehouse.checkWritable();
          Part died = warehouse.part(Tables.LEARNED_EMBEDDINGS, model, "final", recipe);
          died.appendByTask(
              SparkSession.active()
                  .createDataFrame(
                      List.of(
                          RowFactory.create(
                              Integer.valueOf(token), 0, new float[192], .25, 7, false)),
                      Tables.LEARNED_EMBEDDINGS.fileColumns()));
          return null;
        });
    CommandLineRun resumed = command("learn-embeddings", "died", TWO_TOKENS);
    assertThat(resumed.status()).as(resumed.err()).isZero();
    assertThat(resumed.err()).contains("1 of 2 groups to learn");
    assertThat(rows("died", Tables.LEARNED_EMBEDDINGS, "token_id", "restart", "nats"))
        .hasSize(1 + 5)
        .contains(token + " 0 0.25");
  }

  /** The folder of the one recipe in a warehouse. */
  private static Path onlyPart(String warehouse) throws IOException {
    Path folder = base.resolve(warehouse).resolve("learned_embeddings");
    for (int level = 0; level < 3; level++) {
      try (var children = Files.list(folder)) {
        folder =
            children.filter(child -> child.getFileName().toString().contains("=")).toList().get(0);
      }
    }

    return folder;
  }

  @Test
  void tokensThatDoNotConvergeAreNamed() {
    CommandLineRun run =
        command("learn-embeddings", "short", with("--max-steps", "3", "--stage", "block-5"));
    assertThat(run.out()).containsPattern("tokens not converged: 2, with their mean nats: b \\d");
    assertThat(run.lastLine())
        .matches(
            "kindred: learned_embeddings=2x5 converged=0 stage=block-5"
                + " recipe=fast_n5_s42_m3_t[0-9a-f]{9}");
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '"',
      value = {
        "--stage, last, \"--stage last: expected final, before the final norm, or block-0 to"
            + " block-5, before that block; the model has 6 blocks\"",
        "--restarts, 0, --restarts 0: expected a whole number from 1 to 9999999",
        "--optimizer, sgd, \"--optimizer sgd: expected one of [study, fast]\"",
        "--seed, x, --seed x: expected a whole number",
        "--max-steps, -1, --max-steps -1: expected a whole number from 1 to 9999999",
        "--tokens, \u20ac, --tokens: the model has no token for \"\u20ac\" (U+20AC) at character 1"
      })
  void whatCannotBeUsedIsRefused(String option, String value, String message) {
    CommandLineRun run = command("learn-embeddings", "refused", option + "=" + value);
    assertThat(run.status()).isEqualTo(2);
    assertThat(run.messages()).containsExactly("kindred: " + message);
  }

  @Test
  void subspacesSayHowStrongTheFirstDirectionIs() {
    CommandLineRun run = command("subspaces", "learned", TWO_TOKENS);
    assertThat(run.status()).as(run.err()).isZero();
    assertThat(run.out()).containsPattern("(?m)^b( +[\\d.]+){6} +yes$");
    assertThat(run.lastLine())
        .startsWith("kindred: subspaces=2 converged=2 ranks=10 stage=final recipe=fast_n5_s42_t");
  }

  @Test
  void subspacesAreInTheirTable() {
    command("subspaces", "learned", with("--ranks", "2"));
    assertThat(rows("learned", Tables.SUBSPACES, "right(recipe, 3)", "rank"))
        .containsSequence("_k2 1", "_k2 1", "_k2 2", "_k2 2");
  }

  @Test
  void twoTokensAreMixedAndBalanced() {
    CommandLineRun run = command("subspaces", "learned", with("--mix", "bg"));
    assertThat(run.out())
        .containsPattern("b and g: cosine of their first directions -?0\\.\\d{4}")
        .containsPattern("orthogonal, balanced: g x [\\d.]+ +[bg] 0\\.");
  }

  @Test
  void aPageShowsEveryTokensSingularValues() throws IOException {
    Path page = base.resolve("page.html");
    command("subspaces", "learned", with("--html", page.toString()));
    assertThat(Files.readString(page)).contains("<title>b</title>").contains("<title>g</title>");
  }

  @Test
  void withoutEmbeddingsTheCommandThatMakesThemIsNamed() throws IOException {
    Files.createDirectory(base.resolve("none"));
    CommandLineRun run = command("subspaces", "none", "--tokens", "a b", "--stage", "block-1");
    assertThat(run.status()).isEqualTo(2);
    assertThat(run.messages())
        .singleElement()
        .asString()
        .contains(": no embeddings fast_n100_s42_t")
        .endsWith(
            " of the stage block-1 for this model; learn them with submit-scripts/kindred.sh learn-embeddings"
                + " --stage block-1 --tokens 'a b'");
  }

  @ParameterizedTest
  @CsvSource({
    "b, --mix b: expected a text of two different tokens",
    "bb, --mix bb: expected a text of two different tokens",
    "bc, --mix bc: \"c\" is not among --tokens"
  })
  void aMixtureThatIsNoneIsRefused(String text, String message) {
    CommandLineRun run = command("subspaces", "learned", with("--mix", text));
    assertThat(run.status()).isEqualTo(2);
    assertThat(run.messages()).containsExactly("kindred: " + message);
  }

  @Test
  void aPageThatCannotBeWrittenStopsTheSearchForSubspacesBeforeItBegins() {
    CommandLineRun run =
        command("subspaces", "learned", with("--ranks", "3", "--html", base.toString()));

    assertThat(run.status()).isEqualTo(2);
    assertThat(run.messages())
        .containsExactly(
            "kindred: --html "
                + base
                + ": cannot be written: it is a folder; name a file in a folder that you may write"
                + " to");
    assertThat(rows("learned", Tables.SUBSPACES, "recipe")).noneMatch(key -> key.endsWith("_k3"));
  }
}
