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

/** The command plan, through the command line. */
class TestPlan {
  private static final String TEXT =
      "It was the best of times, it was the worst of times. ".repeat(4);

  @TempDir private Path folder;

  @Test
  void everyStageIsEstimatedAndNothingIsLeft() throws IOException {
    CommandLineRun run = plan("20");

    assertThat(run.status()).isZero();
    // Of the 53 windows that begin in a sentence, "t was the " and two beside it stand there twice.
    assertThat(run.out()).contains("\n50 distinct windows in 203 places; 20 prompts\n");
    for (String stage :
        List.of(
            "windows",
            "activations",
            "predictions",
            "fitting windows",
            "noise floor",
            "join",
            "evaluation",
            "audit",
            "total")) {
      assertThat(run.out()).containsPattern("\n" + stage + " .*");
    }

    assertThat(run.out())
        .containsPattern(
            "\nkindred: plan windows=50 flop=\\d\\.\\d{3}e\\+\\d+ disk_bytes=\\d+ seconds=\\d+\n$");
    assertThat(folder.resolve("new")).doesNotExist();
  }

  @Test
  void badInputIsRefusedAsByRun() throws IOException {
    CommandLineRun run = plan("2000");

    assertThat(run.status()).isEqualTo(2);
    assertThat(run.messages())
        .contains("kindred: --prompts 2000: the corpus has only 203 windows; ask for fewer");
    assertThat(folder.resolve("new")).doesNotExist();
  }

  @Test
  void promptsThatAreCutAreCounted() throws IOException {
    Path prompts =
        Files.writeString(
            folder.resolve("prompts.txt"), "It was the\nthe best of times\nthe worst of times\n");
    CommandLineRun run = plan(prompts.toString());

    assertThat(run.status()).as(run.err()).isZero();
    assertThat(run.err().lines())
        .containsOnlyOnce(
            "kindred: --prompts "
                + prompts
                + ": 2 of 3 prompts cut to their last 10 characters, as many as windows have"
                + " (--window-length)");
  }

  @Test
  void aFolderThatWasThereStays() throws IOException {
    Files.createDirectories(folder.resolve("new/warehouse"));

    assertThat(plan("2000").status()).isEqualTo(2);
    assertThat(folder.resolve("new/warehouse")).isEmptyDirectory();
  }

  @Test
  void nothingIsLeftOfTheEmbeddedCorpus() {
    CommandLineRun run = planOf("embedded", "2000000");

    assertThat(run.messages())
        .contains("kindred: --prompts 2000000: the corpus has only 1214967 windows; ask for fewer");
    assertThat(folder.resolve("new")).doesNotExist();
  }

  @Test
  void aClusterIsSimulatedThatIsNotThere() throws IOException {
    CommandLineRun run = plan("1e6", "--windows", "1e9", "--cores", "2000");

    assertThat(run.status()).as(run.err()).isZero();
    assertThat(run.out())
        .contains(
            "\nSimulated on 2,000 cores in 500 executors:\n"
                + "1,000,000,000 distinct windows, 1,000,000 prompts, 6 blocks\n")
        .containsPattern("\njoin .* %\n")
        .containsPattern("\n250 +.* % .*   [a-z ]+\n")
        .containsPattern("\n16,000 +.* % .*   [a-z ]+\n")
        .containsPattern(
            "\nkindred: plan windows=1000000000 cores=2000 core_hours=\\d+"
                + " disk_bytes=\\d+ seconds=\\d+\n$");
    assertThat(run.out().lines()).allSatisfy(line -> assertThat(line).hasSizeLessThan(101));
    assertThat(folder.resolve("new")).doesNotExist();
  }

  @Test
  void aClusterThatCannotBeIsRefused() throws IOException {
    assertThat(plan("20", "--windows", "1.5").messages())
        .containsExactly(
            "kindred: --windows 1.5: expected a whole number from 1 to 1e15, such as 1000000 or 1e6");
    assertThat(plan("30", "--windows", "20").messages())
        .contains("kindred: --prompts 30: the corpus has only 20 windows; ask for fewer");
  }

  private CommandLineRun plan(String prompts, String... more) throws IOException {
    Path corpus = Files.writeString(folder.resolve("corpus.txt"), TEXT);
    return planOf(corpus.toString(), prompts, more);
  }

  private CommandLineRun planOf(String corpus, String prompts, String... more) {
    List<String> words =
        new ArrayList<>(
            List.of(
                "plan",
                "--corpus",
                corpus,
                "--model",
                Path.of(System.getProperty("kindred.home"), "models", "dickens-small").toString(),
                "--prompts",
                prompts,
                "--warehouse",
                folder.resolve("new/warehouse").toString()));
    words.addAll(List.of(more));
    return CommandLineRun.of(words.toArray(String[]::new));
  }
}
