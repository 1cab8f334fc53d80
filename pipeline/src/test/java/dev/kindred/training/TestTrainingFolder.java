/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kindred.InvalidInput;
import dev.kindred.model.RandomGpt;
import dev.kindred.model.architecture.Activation;
import dev.kindred.model.architecture.ConfigJson;
import dev.kindred.model.files.ModelDirectory;
import dev.kindred.model.files.Safetensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which checkpoint a training goes on from, and what is left of them at its end. */
class TestTrainingFolder {
  private static final ConfigJson CONFIG =
      RandomGpt.config(5, 4, 1, 1, 16, 8, Activation.RELU, false, true, false, true, 1e-5f);
  private static final TrainingRecord TRAINING =
      new TrainingRecord(
          "corpus", "c", "t", 900, 100, CONFIG.fields(), recipe(), Map.of(), List.of());

  private static final String TOKENIZER =
      """
      {"version": "1.0", "truncation": null, "padding": null, "added_tokens": [],
       "normalizer": null, "post_processor": null, "decoder": {"type": "Fuse"},
       "pre_tokenizer": {"type": "Split", "pattern": {"Regex": "[\\\\s\\\\S]"},
                         "behavior": "Isolated", "invert": false},
       "model": {"type": "WordLevel", "vocab": {"a": 0, "b": 1, "c": 2, "d": 3, "e": 4},
                 "unk_token": "<unk>"}}
      """;

  private static final TrainingFolder.Form FORM =
      new TrainingFolder.Form(Safetensors.Dtype.F32, TOKENIZER, List.of(new int[] {0, 1, 2}));

  @TempDir private Path base;
  private TrainingFolder folder;

  @BeforeEach
  void writeCheckpoints() {
    folder = new TrainingFolder(base.toString(), new Configuration(false));
    for (int step = 1; step <= 3; step++) {
      folder.write(checkpoint(step), TRAINING);
    }
  }

  @Test
  void theNewestCheckpointIsGoneOnFrom() {
    TrainingFolder.Resumed resumed = folder.newest(TRAINING).orElseThrow();

    assertThat(resumed.checkpoint().step()).isEqualTo(3);
    assertThat(resumed.damaged()).isEmpty();
    assertThat(folder.lastGood()).hasValue(file(3).toString());
  }

  @Test
  void theOneBeforeADamagedCheckpointIsGoneOnFrom() throws IOException {
    truncate(3);

    TrainingFolder.Resumed resumed = folder.newest(TRAINING).orElseThrow();

    assertThat(resumed.checkpoint().step()).isEqualTo(2);
    assertThat(resumed.damaged()).singleElement().asString().contains("step-0000003");
    assertThat(folder.lastGood()).hasValue(file(2).toString());
  }

  @Test
  void aTrainingWhoseCheckpointsAreAllDamagedIsRefused() throws IOException {
    truncate(2);
    truncate(3);

    assertThatThrownBy(() -> folder.newest(TRAINING))
        .isInstanceOf(InvalidInput.class)
        .hasMessageStartingWith("--out " + base + ": no checkpoint can be read: ");
  }

  @Test
  void atTheEndOnlyWhatTheTrainingWroteIsRemoved() throws IOException {
    Path checkpoints = base.resolve("checkpoints");
    String killed = ".step-0000002.safetensors.6f7e2a50-9d2c-4a6e-8f2e-000000000000";
    Files.write(checkpoints.resolve(killed), new byte[9]);
    Files.write(checkpoints.resolve("." + killed + ".crc"), new byte[9]);
    Files.writeString(checkpoints.resolve("letter.txt"), "keep");

    folder.finish(checkpoint(3), TRAINING, FORM);

    assertThat(checkpoints.toFile().list()).containsExactly("letter.txt");
  }

  @Test
  void atTheEndTheFolderOfCheckpointsIsRemoved() {
    folder.finish(checkpoint(3), TRAINING, FORM);

    assertThat(base.resolve("checkpoints")).doesNotExist();
  }

  @Test
  void checkpointsBeforeTheLastTwoAreRemoved() {
    assertThat(file(1)).doesNotExist();
    assertThat(file(2)).exists();
    assertThat(file(3)).exists();
  }

  @Test
  void aKeptStepIsAModelDirectoryThatSaysSo() {
    folder.keep(checkpoint(2), TRAINING, FORM);

    Path kept = base.resolve("steps/step-2");
    assertThat(ModelDirectory.read(kept.toString(), new Configuration(false)).shape().blocks())
        .isEqualTo(1);
    assertThat(kept.resolve("README.md"))
        .content()
        .contains("# step-2\n", "This is what it was after step 2 of 9.");
  }

  @Test
  void keptStepsAreKnownAgain() throws IOException {
    folder.keep(checkpoint(2), TRAINING, FORM);
    folder.keep(checkpoint(3), TRAINING, FORM);
    Files.delete(base.resolve("steps/step-3/training.json")); // written last

    assertThat(folder.missing(TRAINING, new TreeSet<>(List.of(0, 2, 3)))).containsExactly(0, 3);
  }

  @Test
  void keptStepsOfAnotherTrainingAreRefused() {
    folder.keep(checkpoint(2), TRAINING, FORM);
    TrainingRecord other =
        new TrainingRecord(
            "corpus", "other", "t", 900, 100, CONFIG.fields(), recipe(), Map.of(), List.of());

    assertThatThrownBy(() -> folder.missing(other, new TreeSet<>(List.of(2))))
        .isInstanceOf(InvalidInput.class)
        .hasMessageContaining("has a training with other settings, corpus or tokenizer");
  }

  @Test
  void whatIsAmongKeptStepsAndIsNoneIsLeftAlone() throws IOException {
    Files.createDirectories(base.resolve("steps/mine"));

    assertThatThrownBy(() -> folder.isFinished(TRAINING, Safetensors.Dtype.F32))
        .isInstanceOf(InvalidInput.class)
        .hasMessageContaining("not empty, there is steps/mine in it");
  }

  private void truncate(int step) throws IOException {
    byte[] bytes = Files.readAllBytes(file(step));
    Files.write(file(step), Arrays.copyOf(bytes, bytes.length / 2));
  }

  private Path file(int step) {
    return base.resolve("checkpoints/step-000000" + step + ".safetensors");
  }

  private static Checkpoint checkpoint(int step) {
    Map<String, float[]> weights = TRAINING.blueprint().initialWeights(1);
    return new Checkpoint(step, weights, weights, weights);
  }

  private static Recipe recipe() {
    return new Recipe(
        1,
        9,
        8,
        List.of(0., 0., 0., 1.),
        1,
        .2,
        0,
        Recipe.Decay.COSINE,
        0,
        .9,
        .99,
        0,
        Recipe.DecayedWeights.ALL,
        0,
        0,
        1,
        1);
  }
}
