/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.training;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kindred.model.architecture.ConfigJson;
import dev.kindred.model.architecture.TrainedArchitecture;
import dev.kindred.model.family.Architectures;
import dev.kindred.model.files.Safetensors;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What a training promises, of every architecture and of parts that are chosen. */
class TestTrainedArchitectures {
  private static final int VOCABULARY = 7;
  private static final int LENGTH = 4_000;

  /** A period of five tokens, with one in ten replaced. */
  private static final int[] TOKENS = tokens();

  private static int[] tokens() {
    Random random = new Random(1);
    int[] tokens = new int[LENGTH];
    for (int i = 0; i < LENGTH; i++) {
      tokens[i] = random.nextInt(10) == 0 ? random.nextInt(VOCABULARY) : i % 5;
    }

    return tokens;
  }

  /** An architecture with parts by option. */
  record Model(String architecture, Map<String, String> chosen) {
    private TrainingRecord record(Recipe recipe) {
      ConfigJson config =
          Architectures.trained(architecture)
              .config(new TrainedArchitecture.Size(VOCABULARY, 32, 2, 4, 16), chosen);
      return new TrainingRecord(
          "corpus", "text", "tokenizer", 3_600, 400, config.fields(), recipe, Map.of(), List.of());
    }

    private Trainer begin(Recipe recipe, int threads) {
      TrainingRecord record = record(recipe);
      return new Trainer(record.blueprint(), recipe, TOKENS, threads, record.initialWeights());
    }

    private Checkpoint after(int steps, Recipe recipe, int threads) {
      try (Trainer trainer = begin(recipe, threads)) {
        for (int i = 0; i < steps; i++) {
          assertThat(trainer.next().isFinite()).isTrue();
        }

        return trainer.checkpoint();
      }
    }

    @Override
    public String toString() {
      return architecture + " " + chosen;
    }
  }

  private static List<Model> models() {
    List<Model> models = new ArrayList<>();
    Architectures.trained().forEach(name -> models.add(new Model(name, Map.of())));
    models.add(new Model("gpt", Map.of("mlp", "none", "norm", "none", "positions", "qk")));
    models.add(new Model("gpt", Map.of("norm", "rms", "positions", "rotary")));
    models.add(new Model("gpt", Map.of("positions", "none", "unembedding", "tied")));
    models.add(new Model("llama", Map.of("key-value-heads", "2", "unembedding", "tied")));
    models.add(new Model("mixer", Map.of("mixing", "expanded", "norm", "rms")));
    models.add(new Model("mixer", Map.of("mixing", "parallel", "branch-activation", "gelu")));
    models.add(new Model("mixer", Map.of("mixing", "heads", "mlp", "none")));
    return models;
  }

  @ParameterizedTest
  @MethodSource("models")
  void theLossFalls(Model model) {
    try (Trainer trainer = model.begin(recipe(2, 60), 2)) {
      double before = trainer.evaluate().validationLoss();
      for (int i = 0; i < 60; i++) {
        trainer.next();
      }

      assertThat(trainer.evaluate().validationLoss())
          .isLessThan(before - .5)
          .isLessThan(1.3); // all tokens alike: 1.9
    }
  }

  @ParameterizedTest
  @MethodSource("models")
  void theNumberOfThreadsDoesNotMatter(Model model) {
    Recipe recipe = recipe(3, 4);
    assertSame(model.after(3, recipe, 3), model.after(3, recipe, 1));
  }

  @ParameterizedTest
  @MethodSource("models")
  void whatIsResumedEndsAsIfItHadNeverStopped(Model model) throws IOException {
    Recipe recipe = recipe(4, 4);
    TrainingRecord record = model.record(recipe);
    ByteArrayOutputStream file = new ByteArrayOutputStream();
    model.after(2, recipe, 2).write(file, record.blueprint(), Map.of());
    Checkpoint read =
        Checkpoint.of(Safetensors.parse("checkpoint", file.toByteArray()), record.blueprint());
    try (Trainer resumed = new Trainer(record.blueprint(), recipe, TOKENS, 2, read)) {
      resumed.next();
      resumed.next();
      assertSame(resumed.checkpoint(), model.after(4, recipe, 2));
    }
  }

  private static void assertSame(Checkpoint found, Checkpoint expected) {
    found
        .weights()
        .forEach((name, its) -> assertThat(its).as(name).isEqualTo(expected.weights().get(name)));
    found
        .variance()
        .forEach((name, its) -> assertThat(its).as(name).isEqualTo(expected.variance().get(name)));
  }

  private static Recipe recipe(long seed, int steps) {
    return new Recipe(
        seed,
        steps,
        3 * Batches.TOKENS,
        List.of(1., 1., 1., 1.),
        5e-3,
        5e-4,
        2,
        Recipe.Decay.COSINE,
        0,
        .9,
        .99,
        .1,
        Recipe.DecayedWeights.MATRICES,
        1,
        .05,
        100,
        100);
  }
}
