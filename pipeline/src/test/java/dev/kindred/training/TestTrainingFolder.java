/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kindred.InvalidInput;
import dev.kindred.model.RandomGpt;
import dev.kindred.model.architecture.Activation;
import dev.kindred.model.architecture.ConfigJson;
import dev.kindred.model.files.Safetensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
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

    folder.finish(
        checkpoint(3), TRAINING, Safetensors.Dtype.F32, TOKENIZER, List.of(new int[] {0, 1, 2}));

    assertThat(checkpoints.toFile().list()).containsExactly("letter.txt");
  }

  @Test
  void atTheEndTheFolderOfCheckpointsIsRemoved() {
    folder.finish(
        checkpoint(3), TRAINING, Safetensors.Dtype.F32, TOKENIZER, List.of(new int[] {0, 1, 2}));

    assertThat(base.resolve("checkpoints")).doesNotExist();
  }

  @Test
  void checkpointsBeforeTheLastTwoAreRemoved() {
    assertThat(file(1)).doesNotExist();
    assertThat(file(2)).exists();
    assertThat(file(3)).exists();
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
