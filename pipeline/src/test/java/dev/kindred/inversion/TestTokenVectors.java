/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.inversion;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Products and distances, which are made of many tokens at once, against plain loops. */
class TestTokenVectors {
  private static final int TOKENS = 1201; // more than are widened at once
  private static final int DIMENSION = 131; // more than a thread's features
  private static final TokenVectors VECTORS =
      new TokenVectors(numbers(TOKENS * DIMENSION), TOKENS, DIMENSION);

  private static float[] numbers(int count) {
    Random random = new Random(7);
    float[] numbers = new float[count];
    for (int i = 0; i < count; i++) {
      numbers[i] = (float) random.nextGaussian();
    }

    return numbers;
  }

  private static double number(int token, int feature) {
    return VECTORS.rows()[token * DIMENSION + feature];
  }

  @Test
  void featuresHaveThePlainProducts() {
    double[] products = VECTORS.products().data;
    for (int i = 0; i < DIMENSION; i++) {
      for (int j = 0; j < DIMENSION; j++) {
        double sum = 0;
        for (int token = 0; token < TOKENS; token++) {
          sum += number(token, i) * number(token, j);
        }

        assertThat(products[i * DIMENSION + j]).as("%d, %d", i, j).isCloseTo(sum, within(1e-10));
      }
    }
  }

  @Test
  void vectorsHaveThePlainProductsWithTokens() {
    double[][] x = {row(0), row(700), row(1200)};
    double[][] products = VECTORS.products(x);
    for (int i = 0; i < x.length; i++) {
      for (int token = 0; token < TOKENS; token++) {
        double sum = 0;
        for (int feature = 0; feature < DIMENSION; feature++) {
          sum += x[i][feature] * number(token, feature);
        }

        assertThat(products[i][token]).as("%d, %d", i, token).isCloseTo(sum, within(1e-10));
      }
    }
  }

  @Test
  void productsDoNotDependOnWhatOthersAreMade() {
    double[][] x = new double[7][];
    Arrays.setAll(x, i -> row(i * 100));
    double[][] together = VECTORS.products(x);
    for (int i = 0; i < x.length; i++) {
      assertThat(VECTORS.products(new double[][] {x[i]})[0]).isEqualTo(together[i]);
    }
  }

  @Test
  void distancesArePlainHoweverNear() {
    Decoder decoder = new Decoder(VECTORS);
    for (double away : new double[] {0, 1e-7, 1e-5, 1e-3, 1, 1e3}) {
      float[] vector = VECTORS.of(new int[] {42});
      vector[0] += (float) away;
      double[] scores = decoder.scores(Decoding.NEAREST, vector, 1)[0];
      for (int token = 0; token < TOKENS; token++) {
        double sum = 0;
        for (int feature = 0; feature < DIMENSION; feature++) {
          double difference = vector[feature] - number(token, feature);
          sum += difference * difference;
        }

        double distance = Math.sqrt(sum);
        assertThat(-scores[token])
            .as("%s away, token %d", away, token)
            .isCloseTo(distance, within(1e-9 * distance));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {131, 1100}) // of which the library inverts one whole, one by blocks
  void scoresOfThePseudoInverseTimesTheTokensAreTheVector(int dimension) {
    int size = 2 * dimension;
    TokenVectors tokens = new TokenVectors(numbers(size * dimension), size, dimension);
    float[] x = numbers(dimension);
    double[] scores = new Decoder(tokens).scores(Decoding.PINV, x, 1)[0];

    for (int feature = 0; feature < dimension; feature++) {
      double sum = 0;
      for (int token = 0; token < size; token++) {
        sum += scores[token] * tokens.rows()[token * dimension + feature];
      }

      assertThat(sum).as("feature %d", feature).isCloseTo(x[feature], within(1e-9));
    }
  }

  @Test
  void aFeatureThatIsAnotherOnceMoreLeavesTheVectorsOfTokensWhatTheyAre() {
    float[] rows = VECTORS.rows().clone();
    for (int token = 0; token < TOKENS; token++) {
      rows[token * DIMENSION + 7] = rows[token * DIMENSION + 3];
    }

    TokenVectors tokens = new TokenVectors(rows, TOKENS, DIMENSION);
    float[] x = tokens.of(new int[] {42});
    double[] scores = new Decoder(tokens).scores(Decoding.PINV, x, 1)[0];

    for (int feature = 0; feature < DIMENSION; feature++) {
      double sum = 0;
      for (int token = 0; token < TOKENS; token++) {
        sum += scores[token] * rows[token * DIMENSION + feature];
      }

      assertThat(sum).as("feature %d", feature).isCloseTo(x[feature], within(1e-9));
    }
  }

  private static double[] row(int token) {
    double[] row = new double[DIMENSION];
    Arrays.setAll(row, feature -> number(token, feature));
    return row;
  }
}
