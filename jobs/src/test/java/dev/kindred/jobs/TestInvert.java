/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code kindred invert} of models that were never trained, as a user meets it. */
class TestInvert {
  private static final String TEXT = "The sky is blue.";

  @TempDir private static Path folder;
  private static CommandLineRun run;

  /** Two models of a configuration that has neither weights nor a tokenizer. */
  @BeforeAll
  static void searchTwoModels() throws IOException {
    Files.writeString(
        folder.resolve("config.json"),
        "{\"model_type\": \"llama\", \"vocab_size\": 300, \"hidden_size\": 32,"
            + " \"intermediate_size\": 64, \"num_hidden_layers\": 2, \"num_attention_heads\": 2}");
    run = invert(TEXT, "--untrained", "3-4", "--restarts", "2", "--tokens", "[1:]", "--no-oracle");
  }

  private static CommandLineRun invert(String... arguments) {
    return kindred("invert", arguments);
  }

  private static CommandLineRun kindred(String command, String... arguments) {
    List<String> all =
        Stream.concat(
                Stream.of(command, "--model", folder.toString(), "--warehouse", warehouse()),
                Stream.of(arguments))
            .toList();
    return CommandLineRun.of(all.toArray(String[]::new));
  }

  private static String warehouse() {
    return folder.resolve("warehouse").toString();
  }

  private static String asked(String sql) {
    CommandLineRun answer =
        CommandLineRun.of("sql", "-e", sql, "--format", "csv", "--warehouse", warehouse());
    assertThat(answer.status()).as(answer.err()).isZero();
    return answer.out().lines().skip(1).toList().toString();
  }

  @Test
  void wordsOfThePromptAreTokensAndShown() {
    assertThat(run.status()).as(run.err()).isZero();
    assertThat(run.out()).containsSubsequence("The", "sky", "is", "blue", ".", "counts");
    assertThat(run.lastLine()).contains("models=2 experiments=1 prompts=1 restarts=2");
  }

  @Test
  void eachSeedIsAModelOfItsOwnInTheTable() {
    assertThat(
            asked(
                "select count(distinct model_id), count(distinct position), count(*) from"
                    + " kindred.inversions where decoding = 'nearest'"))
        .isEqualTo("[2,5,20]");
  }

  @Test
  void oneBlockOfARandomModelIsReadBackWhereItCounts() {
    assertThat(
            asked(
                "select avg(if(rank = 1, 1, 0)) > .9 from kindred.inversions where counts and"
                    + " decoding = 'nearest'"))
        .isEqualTo("[true]");
  }

  @Test
  void aPageShowsFiveRanksUnderStarsAndEscapesTexts() throws IOException {
    Path page = folder.resolve("inversion.html");
    CommandLineRun shown =
        invert(
            "a <b> & a",
            "--untrained",
            "3",
            "--restarts",
            "1",
            "--tokens",
            "[1:]",
            "--no-oracle",
            "--html",
            page.toString());
    assertThat(shown.status()).as(shown.err()).isZero();
    assertThat(shown.out()).contains("prompt 1 by pinv", "prompt 1 by nearest");
    String html = Files.readString(page);
    assertThat(html)
        .contains("untrained, seeds 3; 300 tokens in 32 dimensions", "noise 0.00:0.0")
        .contains("read by pinv", "read by nearest")
        .contains("&lt;", "&amp;")
        .doesNotContain("<b>", "http:", "https:");
    assertThat(html.split(">\\*</td>", -1)).hasSizeGreaterThan(2);
    for (int rank = 1; rank <= 5; rank++) {
      assertThat(html).contains("rank " + rank);
    }
  }

  @Test
  void singularValuesOfEachPositionAreKeptAndTold() {
    CommandLineRun told =
        invert(
            TEXT,
            "--untrained",
            "3-4",
            "--restarts",
            "2",
            "--tokens",
            "[1:]",
            "--no-oracle",
            "--jacobian");
    assertThat(told.status()).as(told.err()).isZero();
    assertThat(told.out()).contains("of 32 directions are above rounding; small steps of a vector");
    assertThat(
            asked(
                "select count(distinct model_id), count(*), count_if(counts), min(size("
                    + "singular_values)) from kindred.inversion_jacobians"))
        .isEqualTo("[2,10,8,32]");
  }

  @Test
  void aSecondRunSearchesNothing() {
    CommandLineRun second =
        invert(TEXT, "--untrained", "3-4", "--restarts", "2", "--tokens", "[1:]", "--no-oracle");
    assertThat(second.status()).as(second.err()).isZero();
    assertThat(second.err()).contains("reused").doesNotContain("done in");
    assertThat(second.out()).isEqualTo(run.out());
  }

  @Test
  void wordsOfAFileAndOfLinesAreTokensAndIdsNeedNone() throws IOException {
    Path prompts = Files.writeString(folder.resolve("prompts.jsonl"), "\"the sea\"\n[5, 6, 7]\n");
    CommandLineRun ofFile =
        invert(
            "--prompts",
            prompts.toString(),
            "--untrained",
            "3",
            "--restarts",
            "1",
            "--steps",
            "3",
            "--no-oracle");
    assertThat(ofFile.status()).as(ofFile.err()).isZero();
    assertThat(ofFile.out()).contains("prompts=2").containsSubsequence("the", "sea");
  }

  /** With l2, whose numbers share a step, and beside a longer prompt. */
  @Test
  void whatIsFoundOfAPromptDoesNotDependOnOthers() {
    String[] options = {
      "--untrained",
      "3",
      "--restarts",
      "1",
      "--steps",
      "20",
      "--loss",
      "l2",
      "--no-oracle",
      "--allowed-own",
      "295"
    };
    String longer = "the sea and the sky and a ship";
    CommandLineRun both =
        invert(Stream.concat(Stream.of(TEXT, longer), Stream.of(options)).toArray(String[]::new));
    assertThat(both.status()).as(both.err()).isZero();
    assertThat(both.out()).contains("times the root of a prompt's numbers");
    assertThat(both.err())
        .contains(
            "--allowed-own 295: with a prompt's own that is more than the model's 300 tokens,")
        .contains("1 of 2 prompts are read among all of them");
    CommandLineRun alone =
        invert(Stream.concat(Stream.of(TEXT), Stream.of(options)).toArray(String[]::new));
    assertThat(alone.status()).as(alone.err()).isZero();
    String last =
        "select first(last_loss) from kindred.inversions where prompt = 0 and grid = '%s'";
    assertThat(asked(String.format(last, grid(both))))
        .isEqualTo(asked(String.format(last, grid(alone))));
  }

  private static String grid(CommandLineRun run) {
    return run.lastLine().replaceAll(".*grid=(\\S+).*", "$1");
  }

  @Test
  void channelSearchesAgainWithEveryWidthAboutTheHalf() {
    CommandLineRun channel =
        kindred(
            "channel",
            TEXT,
            "--untrained",
            "3",
            "--restarts",
            "1",
            "--features",
            "[:4],[:32]",
            "--steps",
            "100",
            "--fine");
    assertThat(channel.status()).as(channel.err()).isZero();
    assertThat(channel.out().lines().filter(line -> line.startsWith("nearest: half"))).hasSize(2);
    assertThat(asked("select count(distinct features) from kindred.inversions"))
        .isIn("[18]", "[19]"); // 17 widths, perhaps with one of the coarse ones, and these
  }

  @Test
  void severalDirectoriesAreAskedTheSameEachInItsOwnSection() throws IOException {
    Path other = Files.createDirectories(folder.resolve("other"));
    Files.writeString(
        other.resolve("config.json"),
        Files.readString(folder.resolve("config.json")).replace("300", "200"));
    CommandLineRun both =
        CommandLineRun.of(
            "invert",
            TEXT,
            "--models",
            folder + "," + other,
            "--untrained",
            "3-4",
            "--restarts",
            "1",
            "--steps",
            "2",
            "--no-oracle",
            "--warehouse",
            warehouse());
    assertThat(both.status()).as(both.err()).isZero();
    assertThat(both.out())
        .containsSubsequence(
            folder + "\n", "300 tokens in 32", folder + ": ", other + "\n", "200 tokens in 32");
    assertThat(both.lastLine()).contains("models=4 experiments=1 prompts=1");
    String[] grids = grid(both).split(",");
    assertThat(
            asked(
                "select count(distinct model_id) from kindred.inversions where grid in ('"
                    + String.join("', '", grids)
                    + "')"))
        .isEqualTo("[2]"); // the first model of each directory
  }

  @Test
  void channelDifferentiatesNothing() {
    CommandLineRun refused = kindred("channel", TEXT, "--untrained", "3", "--jacobian");
    assertThat(refused.status()).isEqualTo(2);
    assertThat(refused.messages())
        .containsExactly("kindred: --jacobian: channel shows curves alone; give it to invert");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--untrained 5 --study discrete --loss l2 | --study discrete: it chooses blocks, parts",
        "--untrained 5 --study information --token-ids 1,2 | --tokens [3:]: nothing of prompt 2",
        "--untrained 5 --part control --blocks 2 | --part control: random layers stand in the place",
        "--untrained 5 --part control --token-ids 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,"
            + "21,22,23,24,25,26,27,28,29,30,31,32,33,34,35,36,37,38,39,40,41,42,43,44,45,46,47,48"
            + " | --part control: prompt 2 has 48 tokens of 32 numbers each, for which the control has",
        "--untrained 5 --html /dev/null/page.html | --html /dev/null/page.html: cannot be written",
        "--untrained 5 --models a,b | --models: names all models; add that of --model to them",
        "--untrained 5-3 | --untrained 5-3: expected seeds in ascending order",
        "--untrained 5 --method per-token --mask none | --method per-token: positions come one after",
        "--untrained 5 --method expanding --tokens [1:] | --method expanding: every position is",
        "--untrained 5 --method sequential --recipe as-published | nothing of the kind was published",
      })
  void whatDoesNotGoTogetherIsRefusedInOneLine(String options, String message) {
    String[] arguments =
        Stream.concat(Stream.of(TEXT), Stream.of(options.split(" "))).toArray(String[]::new);
    CommandLineRun refused = invert(arguments);
    assertThat(refused.status()).isEqualTo(2);
    assertThat(refused.messages()).singleElement().asString().contains(message);
  }
}
