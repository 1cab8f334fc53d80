/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.subspace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.kindred.math.Vectors;
import dev.kindred.model.RandomGpt;
import dev.kindred.model.ResidualStream;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class TestTokenMix {
  private static final int TOKENS = 11;
  private static final int DIMENSION = 256;
  private static final int NORM = 2; // number of blocks, before the final norm
  private static final int FIRST = 4;
  private static final int SECOND = 9;

  private static ResidualStream model;
  private static float[] first;
  private static float[] second;
  private static TokenMix mix;

  @BeforeAll
  static void mix() {
    model = RandomGpt.stream(TOKENS, DIMENSION, 1);
    first = direction(FIRST);
    second = direction(SECOND);
    mix = TokenMix.of(model, NORM, FIRST, first, SECOND, second);
  }

  @AfterAll
  static void close() {
    model.close();
  }

  private static float[] direction(int token) {
    float[] vectors =
        EmbeddingSearch.search(
                model,
                NORM,
                EmbeddingRecipe.of(Optimizer.FAST, 20, 42, 1_667, token),
                new EmbeddingRecipe.Unit(token, 0, 20))
            .vectors();
    return Subspace.of(
            IntStream.range(0, 20)
                .mapToObj(row -> Vectors.row(vectors, row, DIMENSION))
                .toArray(float[][]::new),
            1)
        .directions()[0];
  }

  @Test
  void saysHowNearTheDirectionsAre() {
    double dot = IntStream.range(0, DIMENSION).mapToDouble(i -> first[i] * second[i]).sum();
    assertThat(mix.cosine()).isCloseTo(dot, within(1e-6));
  }

  @Test
  void saysTheLogitsOfTheDirectionsAlone() {
    assertThat(mix.firstLogit()).isEqualTo(model.logitsAlone(NORM, first)[FIRST]);
    assertThat(mix.secondLogit()).isEqualTo(model.logitsAlone(NORM, second)[SECOND]);
  }

  @Test
  void aSumIsOfTheDirectionsAsTheyAre() {
    assertThat(mix.sum()).containsExactly(predicted(second, 1), within(1e-4));
  }

  @Test
  void scaledIsTheSecondDirectionLessTheFirstByTheRatioOfTheirLogits() {
    double dot = dot(first, second);
    float[] rest = new float[DIMENSION];
    for (int i = 0; i < DIMENSION; i++) {
      rest[i] = (float) (second[i] - dot * first[i]);
    }

    double ratio = mix.firstLogit() / mix.secondLogit() / Math.sqrt(dot(rest, rest));

    assertThat(mix.scaled()).containsExactly(predicted(rest, ratio), within(1e-4));
    assertThat(ratio).isNotCloseTo(mix.balance(), within(.01));
  }

  /** Of the first direction and another. */
  private static double[] predicted(float[] other, double scale) {
    float[] mixed = new float[DIMENSION];
    for (int i = 0; i < DIMENSION; i++) {
      mixed[i] = (float) (first[i] + scale * other[i]);
    }

    float[] logits = model.logitsAlone(NORM, mixed);
    double sum = IntStream.range(0, TOKENS).mapToDouble(i -> Math.exp(logits[i])).sum();
    return IntStream.range(0, TOKENS).mapToDouble(i -> Math.exp(logits[i]) / sum).toArray();
  }

  private static double dot(float[] a, float[] b) {
    return IntStream.range(0, DIMENSION).mapToDouble(i -> (double) a[i] * b[i]).sum();
  }

  @Test
  void directionsThatDoNotTurnThePredictionCannotBeBalanced() {
    TokenMix swapped = TokenMix.of(model, NORM, SECOND, first, FIRST, second);

    assertThat(swapped.balance()).isNaN();
    assertThat(swapped.balanced()).isEmpty();
    assertThat(swapped.scaled()).hasSize(TOKENS);
  }

  @Test
  void parallelDirectionsLeaveNothingToMix() {
    float[] opposite = new float[DIMENSION];
    for (int i = 0; i < DIMENSION; i++) {
      opposite[i] = -first[i];
    }

    for (float[] parallel : new float[][] {first, opposite}) {
      TokenMix none = TokenMix.of(model, NORM, FIRST, first, SECOND, parallel);

      assertThat(none.balance()).isNaN();
      assertThat(none.scaled()).isEmpty();
      assertThat(none.balanced()).isEmpty();
    }
  }

  @Test
  void balancedTokensAreEquallyProbable() {
    assertThat(mix.balanced()[FIRST]).isCloseTo(mix.balanced()[SECOND], within(1e-4));
  }

  @Test
  void balancedTokensAreTheMostProbable() {
    for (int token = 0; token < TOKENS; token++) {
      if (token != FIRST && token != SECOND) {
        assertThat(mix.balanced()[token]).isLessThan(mix.balanced()[FIRST]);
      }
    }
  }

  @Test
  void probabilitiesSumToOne() {
    for (double[] probabilities : new double[][] {mix.sum(), mix.scaled(), mix.balanced()}) {
      assertThat(IntStream.range(0, TOKENS).mapToDouble(i -> probabilities[i]).sum())
          .isCloseTo(1, within(1e-5));
    }
  }
}
