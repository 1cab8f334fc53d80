/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code kindred heads}, as a user meets it. */
class TestHeads {
  @TempDir private static Path folder;

  private static CommandLineRun heads(String warehouse, String... arguments) {
    List<String> all =
        new ArrayList<>(
            List.of(
                "heads",
                "--model",
                SmallModel.URI,
                "--warehouse",
                folder.resolve(warehouse).toString()));
    all.addAll(List.of(arguments));
    return CommandLineRun.of(all.toArray(String[]::new));
  }

  private static List<String> rows(String warehouse, String statement) {
    return CommandLineRun.rows(folder.resolve(warehouse), statement);
  }

  @Test
  void theTerminalShowsScoresDistancesLossesAndAblationsAndTablesHaveThem() {
    String[] arguments = {"--sequences", "2", "--ablate", "mean,zero", "--corpus", "embedded"};
    CommandLineRun run = heads("all", arguments);

    assertThat(run.status()).as(run.err()).isZero();
    assertThat(run.out())
        .contains("left out, as they do not fit what the model reads: prefix")
        .contains("permutation", "repeated", "random", "text", "by values", "in context", "zero")
        .contains("alike to all");
    assertThat(run.out().lines().filter(line -> !line.endsWith(".") && !line.startsWith("left")))
        .allMatch(line -> line.length() <= 80);
    assertThat(run.lastLine()).startsWith("kindred: question=h-");
    assertThat(
            rows(
                "all",
                "select stimulus, length, begins, period, sequences from kindred.stimulus_losses"
                    + " where loss = 'all' order by all"))
        .containsExactly(
            "permutation,32,0,16,2", "random,32,0,0,2", "repeated,32,0,16,2", "text,32,0,0,2");
    assertThat(
            rows("all", "select count(*) from kindred.head_ablations group by stimulus, ablation"))
        .containsExactly("4", "4", "4", "4", "4", "4");
    assertThat(
            rows(
                "all",
                "select round(sum(share), 5), round(sum(uniform), 5) from"
                    + " kindred.attention_distances group by stimulus, block, head, weighting"))
        .hasSize(4 * 4 * 4)
        .containsOnly("1.0,1.0");
    CommandLineRun again = heads("all", arguments);
    assertThat(again.err()).contains("reused: ");
    assertThat(again.out()).isEqualTo(run.out());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--stimulus prefix|--stimulus prefix: prefix would have 100 tokens, the model reads 32",
        "--stimulus text|--stimulus text: there is no text",
        "--stimulus letters|expected some of permutation, repeated, random, prefix, text",
        "--length 17|--length 17: permutation would have 34 tokens, the model reads 32",
        "--length 1|--length 1: expected a whole number from 2",
        "--sequences 0|--sequences 0: expected",
        "--ablate all|expected some of mean, zero, zero_folded, or none",
        "--ablate none,mean|--ablate none: is given with others",
        "--corpus /nowhere/at-all.txt|--corpus"
      })
  void whatCannotBeIsRefusedInOneLine(String options, String message) {
    CommandLineRun run = heads("refused", options.split(" "));

    assertThat(run.status()).as(run.err()).isEqualTo(2);
    assertThat(run.messages()).singleElement().asString().contains(message);
    assertThat(folder.resolve("refused")).doesNotExist();
  }

  /** Two tokens, of which a permutation of two must be made. */
  @Test
  void tokensThatACorpusDoesNotHaveAreNotDrawn() throws IOException {
    Path text = Files.writeString(folder.resolve("two.txt"), "abababababababab");
    CommandLineRun run =
        heads(
            "two",
            "--corpus",
            text.toString(),
            "--length",
            "3",
            "--stimulus",
            "permutation,text",
            "--ablate",
            "none");

    assertThat(run.status()).as(run.err()).isEqualTo(2);
    assertThat(run.messages())
        .singleElement()
        .asString()
        .contains("--length 3: permutation needs 3 different tokens, the model has 2 to draw");
  }
}
