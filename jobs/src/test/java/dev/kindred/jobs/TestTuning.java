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
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Tuning, and runs with what it found. */
@Tag("thorough")
class TestTuning {
  private static final Pattern LAST_LINE =
      Pattern.compile(
          "kindred: tuned honest_hellinger=(\\S+) compatible_hellinger=(\\S+) conf=(\\S+)");

  @TempDir private static Path base;
  private static Path corpus;
  private static CommandLineRun tuned;
  private static Matcher said;

  @BeforeAll
  static void tune() throws IOException {
    try (InputStream in = TestTuning.class.getResourceAsStream("/dickens.txt")) {
      in.skipNBytes(3); // the byte order mark
      corpus =
          Files.writeString(
              base.resolve("corpus.txt"), new String(in.readNBytes(6_000), StandardCharsets.UTF_8));
    }

    tuned = command("tune", "tuned", "--tuning-prompts", "40");
    said = LAST_LINE.matcher(tuned.lastLine());
    assertThat(said.matches()).as(tuned.out() + tuned.err()).isTrue();
  }

  private static CommandLineRun command(String command, String warehouse, String... options) {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                command,
                "--corpus",
                corpus.toString(),
                "--prompts",
                "60",
                "--warehouse",
                base.resolve(warehouse).toString()));
    if (command.equals("run")) {
      arguments.addAll(List.of("--alternates", "none"));
    }

    arguments.addAll(Arrays.asList(options));
    return CommandLineRun.of(SmallModel.with(arguments));
  }

  @Test
  void allItsStepsAreCounted() {
    assertThat(tuned.steps())
        .isEqualTo(IntStream.rangeClosed(1, 13).mapToObj(step -> step + "/13").toList());
  }

  @Test
  void theHeldOutPromptsComeCloserThanWithTheSettingsAsGiven() {
    assertThat(tuned.status()).as(tuned.err()).isZero();
    Matcher given = Pattern.compile("settings as given +\\S+ +(\\S+)").matcher(tuned.out());
    assertThat(given.find()).isTrue();
    assertThat(Double.parseDouble(said.group(1))).isLessThan(Double.parseDouble(given.group(1)));
  }

  @Test
  void ringsThatAreGivenAreMeasuredWhereTheEvidenceHasTheirThresholds() {
    CommandLineRun on =
        command("tune", "tuned", "--tuning-prompts", "40", "--rings", ".7/20/1/0;.8/20/1/0");
    CommandLineRun off =
        command("tune", "tuned", "--tuning-prompts", "40", "--rings", ".705/20/1/0;.8/20/1/0");

    assertThat(on.out()).containsPattern("settings as given +0\\.\\d+ +0\\.\\d+ ");
    assertThat(off.out())
        .containsPattern(
            "settings as given +not measured: --bin-floor and --bin-step have no bins");
  }

  @Test
  void theCommandOfARunWithTheTunedSettingsIsSaid() {
    assertThat(tuned.out())
        .contains(
            "A run with them: submit-scripts/kindred.sh run --corpus %s --model %s --prompts 60"
                    .formatted(corpus, SmallModel.URI)
                + " --warehouse %s --conf %s".formatted(base.resolve("tuned"), said.group(3)));
  }

  @Test
  void aThresholdAtTheFloorIsMarked() {
    assertThat(tuned.out().lines().filter(line -> line.matches("  block \\d .*")))
        .hasSize(SmallModel.BLOCKS)
        .allSatisfy(
            line ->
                assertThat(line.endsWith("at --bin-floor: try a lower one"))
                    .isEqualTo(line.matches("  block \\d +0\\.60* .*")));
  }

  @Test
  void aRunWithTheTunedSettingsNeedsNoJoinAndComesAsClose() {
    CommandLineRun run = command("run", "tuned", "--conf", said.group(3));
    assertThat(run.status()).as(run.err()).isZero();
    for (int block = 0; block < SmallModel.BLOCKS; block++) {
      assertThat(run.err()).contains("block " + block + " is in similarity_bins");
    }

    assertThat(mean("similar_strings", "honest")).isEqualTo(said.group(1));
    assertThat(mean("similar_strings", "compatible")).isEqualTo(said.group(2));
    Matcher ngram =
        Pattern.compile("n-gram.* +(0\\.\\d+) +(0\\.\\d+) +0\\.\\d+ to ").matcher(tuned.out());
    assertThat(ngram.find()).as(tuned.out()).isTrue();
    assertThat(ngram.group(1)).isEqualTo(mean("ngram", "compatible"));
    assertThat(ngram.group(2)).isEqualTo(mean("ngram", "honest"));
    assertThat(tuned.out()).containsPattern("tuned similar strings are (closer|farther|neither)");
    assertThat(run.out()).contains("The lower, the closer to the model.", "kinds of prompts");
  }

  /** The mean distance of a series, as the run with the tuned settings has it. */
  private static String mean(String series, String protocol) {
    String value =
        rows(
            "tuned",
            "select value from kindred.current.summaries where quantity = 'hellinger' and statistic ="
                + " 'mean' and slice is null and series = '"
                + series
                + "' and protocol = '"
                + protocol
                + "'");
    return String.format(
        Locale.ROOT, "%.4f", Double.parseDouble(value.lines().skip(1).findFirst().get()));
  }

  private static String rows(String warehouse, String statement) {
    CommandLineRun run =
        CommandLineRun.of(
            "sql",
            "--warehouse",
            base.resolve(warehouse).toString(),
            "--format",
            "csv",
            "-e",
            statement);
    assertThat(run.status()).as(run.err()).isZero();
    return run.out();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--thresholds | .8,.7 | 20 | 0",
        "--rings | .8/20/.1/.02,.95/4/.2/0;.7/30/.5/0,.72/3/.1/0,.9/2/.4/.1 | 20 | 60"
      })
  void evidenceFromBinsIsThatOfAJoin(String rule, String value, String kept, int ringRows) {
    String[] settings = {rule, value, "--keep-similar", kept};
    CommandLineRun fromBins = command("run", "tuned", settings);
    assertThat(fromBins.status()).as(fromBins.err()).isZero();
    assertThat(fromBins.err()).contains("block 1 is in similarity_bins");
    assertThat(command("run", "joined", settings).err()).doesNotContain("in similarity_bins");
    for (String query :
        List.of(
            "select block, prompt_id, similar_count, counts, own_window_similar from"
                + " kindred.current.block_distributions order by block, prompt_id",
            "select block, prompt_id, window_id, similarity from"
                + " kindred.current.similar_strings order by block, prompt_id, similarity desc,"
                + " window_id")) {
      String joined = rows("joined", query);
      assertThat(joined.lines().count()).isGreaterThan(SmallModel.BLOCKS * 60);
      assertThat(rows("tuned", query)).isEqualTo(joined);
    }

    String rings =
        "select block, prompt_id, ring, above, similar_count, counts, own_window_similar from"
            + " kindred.current.ring_distributions order by block, prompt_id, ring";
    assertThat(rows("joined", rings).lines().count()).isGreaterThan(ringRows);
    assertThat(rows("tuned", rings)).isEqualTo(rows("joined", rings));
    String found = "select * except (run_id) from kindred.current.distances order by prompt_id";
    assertThat(rows("tuned", found)).isEqualTo(rows("joined", found));
  }

  @Test
  void moreTuningPromptsThanThereAreWindowsAreRefusedBeforeActivations() {
    CommandLineRun run = command("tune", "refused", "--tuning-prompts", "100000");
    assertThat(run.status()).isEqualTo(2);
    assertThat(run.messages())
        .singleElement()
        .asString()
        .startsWith("kindred: --tuning-prompts 100000: the corpus has only ")
        .endsWith("ask for fewer");
    assertThat(base.resolve("refused/activations")).doesNotExist();
  }

  @Test
  void oneTuningPromptIsRefused() {
    CommandLineRun run = command("tune", "refused", "--tuning-prompts", "1");
    assertThat(run.status()).isEqualTo(2);
    assertThat(run.messages())
        .containsExactly(
            "kindred: --tuning-prompts 1: expected 2 or more, to search on some and measure others");
  }

  @Test
  void aGridThatIsNoneIsRefused() {
    CommandLineRun run = command("tune", "refused", "--bin-step", "0");
    assertThat(run.status()).isEqualTo(2);
    assertThat(run.messages())
        .containsExactly(
            "kindred: --bin-floor 0.60 --bin-step 0: the floor is to be in [-1, 1), the step in"
                + " [0.0001, 1 - floor]");
  }
}
