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
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The command causal, on a few pages and with a model that is trained in a second. */
class TestCausal {
  private static final int CHARACTERS = 12_000;
  private static final int TRAIN = CHARACTERS * 9 / 10;

  @TempDir private static Path folder;
  private static CommandLineRun takenAway;

  @BeforeAll
  static void run() throws IOException {
    try (InputStream in = TestCausal.class.getResourceAsStream("/dickens.txt")) {
      in.skipNBytes(3); // the byte order mark
      Files.writeString(
          folder.resolve("corpus.txt"),
          new String(in.readNBytes(CHARACTERS), StandardCharsets.US_ASCII).replace('\uFFFD', '-'));
    }

    succeed(
        "train --preset tiny --layers 1 --heads 2 --d-model 16 --context 32 --steps 30"
            + " --batch-tokens 1024 --learning-rate 1e-2",
        "--out",
        "model");
    succeed(
        "run --window-length 5 --prompts 20 --thresholds .5 --weights 1",
        "--model",
        "model",
        "--warehouse",
        "warehouse",
        "--report",
        "report.html");
    takenAway = causal("--explained 4 --groups 2 --taken-away 8 --seeds 1 --whole-seeds 2");
  }

  private static void succeed(String options, String... more) {
    List<String> line = new ArrayList<>(Arrays.asList(options.split(" ")));
    line.addAll(List.of("--corpus", folder.resolve("corpus.txt").toString()));
    for (int i = 0; i < more.length; i += 2) {
      line.addAll(List.of(more[i], folder.resolve(more[i + 1]).toString()));
    }

    CommandLineRun run = CommandLineRun.of(line.toArray(String[]::new));
    assertThat(run.status()).as(run.err()).isZero();
  }

  private static CommandLineRun causal(String options) {
    List<String> line =
        new ArrayList<>(List.of("causal", "--warehouse", folder.resolve("warehouse").toString()));
    line.addAll(Arrays.asList(options.split(" ")));
    return CommandLineRun.of(line.toArray(String[]::new));
  }

  private static List<String> rows(String statement) {
    return CommandLineRun.rows(folder.resolve("warehouse"), statement);
  }

  @Test
  void everyChoiceIsTakenAwayAndTrainedAnew() {
    assertThat(takenAway.status()).as(takenAway.err()).isZero();
    assertThat(takenAway.out())
        .contains("another seed", "8 by evidence", "8 by gradient", "8 by same token");
    assertThat(
            rows(
                "select choice, occurrences, count(distinct part, seed), min(left_out), max(left_out)"
                    + " from kindred.retrained_predictions where choice in ('evidence',"
                    + " 'suffix', 'whole') group by choice, occurrences order by choice, occurrences"))
        .containsExactly("evidence,8,2,16,16", "suffix,8,2,16,16", "whole,0,0,0,0");
  }

  @Test
  void whatIsTakenAwayIsInTheTrainingTextAndOfOnePromptOnly() {
    assertThat(
            rows(
                "select count(*) from (select explode(places) as place from"
                    + " kindred.removed_occurrences) where place not between 1 and "
                    + (TRAIN - 1)))
        .containsExactly("0");
    assertThat(
            rows(
                "select count(*) from (select distinct prompt_group, prompt_id, place from"
                    + " (select *, explode(places) as place from kindred.removed_occurrences"
                    + " where choice in ('evidence', 'suffix', 'stream'))) group by prompt_group, place"
                    + " having count(*) > 1"))
        .isEmpty();
  }

  @Test
  void effectsAreThoseOfThePredictionsThatAreKept() {
    assertThat(
            rows(
                """
                with effects as (
                  select p.choice, p.occurrences, avg(p.log_probability - w.log_probability) as change
                  from kindred.retrained_predictions p join kindred.retrained_predictions w
                    on p.prompt_id = w.prompt_id and p.seed = w.seed
                  join (select distinct prompt_id, prompt_group from kindred.removed_occurrences) g
                    on p.prompt_id = g.prompt_id and p.part = g.prompt_group
                  where w.choice = 'whole' and p.choice not in ('whole', 'half')
                    and p.question = '%1$s' and w.question = '%1$s'
                  group by p.choice, p.occurrences)
                select count(*), count_if(abs(change - log_probability_change) < 1e-6)
                from effects join kindred.removal_effects using (choice, occurrences)
                where question = '%1$s'"""
                    .replace("%1$s", takenAway.lastLine().replace("kindred: question=", ""))))
        .containsExactly("6,6");
  }

  @Test
  void aStudyThatIsAskedForAgainTrainsNothing() {
    CommandLineRun again =
        causal("--explained 4 --groups 2 --taken-away 8 --seeds 1 --whole-seeds 2");

    assertThat(again.status()).as(again.err()).isZero();
    assertThat(again.out()).isEqualTo(takenAway.out());
    assertThat(again.err()).contains("14 of 14 are there");
  }

  @Test
  void halvesAreScoredInEveryWay() {
    CommandLineRun run =
        causal("--study halves --explained 5 --halves 3 --halves-again 3 --units 20");

    assertThat(run.status()).as(run.err()).isZero();
    assertThat(rows("select score, halves, prompts from kindred.datamodel_scores order by score"))
        .containsExactly(
            "another seed,3,5",
            "block 0,3,5",
            "evidence,3,5",
            "evidence of all tokens,3,5",
            "gradient,3,5",
            "n-gram,3,5",
            "unigram,3,5");
    assertThat(
            rows(
                "select count(distinct left_out) > 1, max(abs(left_out / "
                    + (double) TRAIN
                    + " - .5)) < .2 from kindred.retrained_predictions where choice = 'half'"))
        .containsExactly("true,true");
  }

  @Test
  void aPlanTrainsNothing() {
    CommandLineRun run = causal("--study halves --halves 64 --halves-again 16 --plan");

    assertThat(run.status()).as(run.err()).isZero();
    assertThat(run.err()).contains("80 trainings of 30 steps each");
  }

  @Test
  void aModelThatWasTrainedOnAnotherTextIsRefused() throws IOException {
    Path other = copyOfModel("other", "\"corpus_sha256\" : \"..", "\"corpus_sha256\" : \"zz");
    CommandLineRun refused = causal("--explained 8 --model " + other);

    assertThat(refused.status()).as(refused.err()).isEqualTo(2);
    assertThat(refused.err())
        .contains("the run's corpus is not the text that the model was trained and validated on");
  }

  @Test
  void anotherRecipeIsAnotherQuestion() throws IOException {
    Path longer = copyOfModel("longer", "\"steps\" : 30", "\"steps\" : 31");
    CommandLineRun run =
        causal(
            "--explained 4 --groups 2 --taken-away 8 --seeds 1 --whole-seeds 2 --model " + longer);

    assertThat(run.status()).as(run.err()).isZero();
    assertThat(run.err()).contains("14 trainings of 31 steps").doesNotContain("are there");
    assertThat(run.lastLine()).isNotEqualTo(takenAway.lastLine());
  }

  /** Copies the model's folder, with something else in its training's record. */
  private static Path copyOfModel(String name, String recorded, String other) throws IOException {
    Path copy = Files.createDirectories(folder.resolve(name));
    try (Stream<Path> files = Files.list(folder.resolve("model"))) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        Files.copy(file, copy.resolve(file.getFileName()));
      }
    }

    Path record = copy.resolve("training.json");
    Files.writeString(record, Files.readString(record).replaceFirst(recorded, other));
    return copy;
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--explained 5 --groups 2|--groups 2: does not divide the 5 prompts",
        "--seeds 3 --whole-seeds 2|--whole-seeds 2: at least two, and as many as --seeds (3)",
        "--study halves --halves 2|--halves 2: ranks of fewer than three",
        "--study halves --halves-again 65|--halves-again 65: none, or from 3 to all 64",
        "--study random|taken-away, halves",
        "--explained 40 --taken-away 100000|--explained 40: the validation text has only 0 prompts",
        "--run-id r-1|--run-id r-1: no such run"
      })
  void whatCannotBeAskedIsRefusedInOneLine(String options, String message) {
    CommandLineRun run = causal(options);

    assertThat(run.status()).as(run.err()).isEqualTo(2);
    assertThat(run.err()).contains(message);
  }
}
