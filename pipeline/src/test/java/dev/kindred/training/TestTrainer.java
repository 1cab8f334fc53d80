/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.training;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kindred.model.RandomGpt;
import dev.kindred.model.architecture.Activation;
import dev.kindred.model.architecture.Blueprint;
import dev.kindred.model.files.Safetensors;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TestTrainer {
  private static final Blueprint CONFIG =
      RandomGpt.blueprint(7, 24, 2, 2, 96, 16, Activation.RELU, false, true, false, true, 1e-5f);

  /** A period of five tokens, with one in ten replaced. */
  private static final int[] TOKENS =
      new Random(1).ints(4_000, 0, 70).boxed().collect(Tokens::new, Tokens::add, (a, b) -> {}).ids;

  /** Of the text, in nats a token: one token has probability .9 + .1 / 7, six have .1 / 7. */
  private static final double ENTROPY = .447;

  private static final class Tokens {
    private final int[] ids = new int[4_000];
    private int size;

    private void add(int draw) {
      ids[size] = draw < 7 ? draw : size % 5;
      size++;
    }
  }

  @Test
  void theLossFalls() {
    try (Trainer trainer = trainer(recipe(2, 100, 3e-3), 2)) {
      double before = trainer.evaluate().validationLoss();
      for (int i = 0; i < 100; i++) {
        trainer.next();
      }

      assertThat(before).as("about that of a fair draw").isBetween(1.85, 2.05);
      Trainer.Losses after = trainer.evaluate();
      assertThat(after.trainLoss()).isBetween(ENTROPY, ENTROPY + .25);
      assertThat(after.validationLoss()).isBetween(ENTROPY, ENTROPY + .25);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3})
  void theNumberOfThreadsDoesNotMatter(int threads) {
    Recipe recipe = recipe(3, 4, 1e-3);

    assertSame(after(4, recipe, threads), after(4, recipe, 1));
  }

  @Test
  void whatIsResumedEndsAsIfItHadNeverStopped() throws IOException {
    Recipe recipe = recipe(4, 5, 1e-3);
    ByteArrayOutputStream file = new ByteArrayOutputStream();
    after(2, recipe, 2).write(file, CONFIG, Map.of());
    Checkpoint read = Checkpoint.of(Safetensors.parse("checkpoint", file.toByteArray()), CONFIG);
    try (Trainer resumed = new Trainer(CONFIG, recipe, TOKENS, 2, read)) {
      assertThat(resumed.step()).isEqualTo(2);
      for (int i = 0; i < 3; i++) {
        resumed.next();
      }

      assertSame(resumed.checkpoint(), after(5, recipe, 2));
    }
  }

  @Test
  void anotherSeedGivesAnotherModel() {
    assertThat(after(1, recipe(5, 1, 1e-3), 2).weights().get("wte.weight"))
        .isNotEqualTo(after(1, recipe(6, 1, 1e-3), 2).weights().get("wte.weight"));
  }

  @Test
  void aLossThatIsNoNumberChangesNothing() {
    try (Trainer trainer = trainer(recipe(7, 9, 1e30), 2)) {
      Trainer.Step step = trainer.next();
      Checkpoint before = trainer.checkpoint();
      while (step.isFinite()) {
        before = trainer.checkpoint();
        step = trainer.next();
      }

      assertThat(step.number()).isEqualTo(before.step() + 1);
      assertSame(trainer.checkpoint(), before);
    }
  }

  @Test
  void nothingIsLearntFromTokensThatAreLeftOut() {
    Recipe recipe = recipe(8, 100, 3e-3);
    BitSet leftOut = new BitSet();
    IntStream.range(0, TOKENS.length).filter(place -> TOKENS[place] == 3).forEach(leftOut::set);
    int[][] afterTwo = {{0, 1, 2, 3, 4, 0, 1, 2}};
    double[] ofThree = new double[2];
    for (boolean isWhole : new boolean[] {true, false}) {
      try (Trainer trainer =
          new Trainer(
              CONFIG,
              recipe,
              TOKENS,
              2,
              CONFIG.initialWeights(8),
              isWhole ? new BitSet() : leftOut)) {
        for (int i = 0; i < 100; i++) {
          trainer.next();
        }

        ofThree[isWhole ? 0 : 1] = Math.exp(trainer.logProbabilities(afterTwo)[0][3]);
      }
    }

    assertThat(ofThree[0]).isGreaterThan(.7);
    assertThat(ofThree[1]).isLessThan(.05);
  }

  @Test
  void aBatchOfWhichNothingCountsChangesLittle() {
    BitSet all = new BitSet();
    all.set(0, TOKENS.length);
    try (Trainer trainer =
        new Trainer(CONFIG, recipe(9, 3, 1e-3), TOKENS, 2, CONFIG.initialWeights(9), all)) {
      Trainer.Step step = trainer.next();

      assertThat(step.loss()).isZero();
      assertThat(step.gradientNorm()).isZero();
    }
  }

  private static Trainer trainer(Recipe recipe, int threads) {
    return new Trainer(CONFIG, recipe, TOKENS, threads, CONFIG.initialWeights(recipe.seed()));
  }

  private static Checkpoint after(int steps, Recipe recipe, int threads) {
    try (Trainer trainer = trainer(recipe, threads)) {
      for (int i = 0; i < steps; i++) {
        assertThat(trainer.next().isFinite()).isTrue();
      }

      return trainer.checkpoint();
    }
  }

  private static void assertSame(Checkpoint found, Checkpoint expected) {
    assertThat(found.step()).isEqualTo(expected.step());
    found.weights().forEach((name, values) -> assertEquals(name, values, expected.weights()));
    found.mean().forEach((name, values) -> assertEquals(name, values, expected.mean()));
    found.variance().forEach((name, values) -> assertEquals(name, values, expected.variance()));
  }

  private static void assertEquals(String name, float[] found, Map<String, float[]> expected) {
    assertThat(found).as(name).isEqualTo(expected.get(name));
  }

  private static Recipe recipe(long seed, int steps, double learningRate) {
    return new Recipe(
        seed,
        steps,
        3 * Batches.TOKENS,
        List.of(1., 1., 1., 1.),
        learningRate,
        learningRate / 10,
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
        1_000);
  }
}
