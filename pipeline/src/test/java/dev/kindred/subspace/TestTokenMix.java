/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.subspace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.kindred.activation.Vectors;
import dev.kindred.model.RandomGpt;
import dev.kindred.model.TappedGpt;
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

  private static TappedGpt model;
  private static float[] first;
  private static float[] second;
  private static TokenMix mix;

  @BeforeAll
  static void mix() {
    model = RandomGpt.tapped(TOKENS, DIMENSION, 1);
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
    assertThat(mix.secondLogit()).isEqualTo(model.logitsAlone(NORM, second)[SECOND]);
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
