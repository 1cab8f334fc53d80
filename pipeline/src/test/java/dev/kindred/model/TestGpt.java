/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.kindred.math.Vectors;
import java.io.IOException;
import java.util.Arrays;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class TestGpt {
  private static final double TOLERANCE = 1e-4;

  private static LanguageModel model;
  private static Fixtures fixtures;

  @BeforeAll
  static void load() throws IOException {
    model = Models.loadInEngine(Models.TINYSHAKESPEARE);
    fixtures = Fixtures.read();
  }

  @AfterAll
  static void close() {
    model.close();
  }

  @Test
  void ffnOutputsEqualPyTorchInEveryBlock() {
    float[][] outputs = model.ffnOutputs(fixtures.tokenIds());
    int dimension = model.shape().modelDimension();
    for (int block = 0; block < outputs.length; block++) {
      for (int window = 0; window < fixtures.tokenIds().length; window++) {
        float[] expected = Vectors.row(fixtures.ffnOutputs()[block], window, dimension);
        assertThat(relativeError(Vectors.row(outputs[block], window, dimension), expected))
            .as("block %d, window %d", block, window)
            .isLessThan(TOLERANCE);
      }
    }
  }

  @Test
  void probabilitiesEqualPyTorch() {
    float[] probabilities = model.predict(fixtures.tokenIds()).probabilities();
    assertThat(relativeError(probabilities, fixtures.probabilities())).isLessThan(TOLERANCE);
  }

  @Test
  void probabilitiesOfAPromptSumToOne() {
    float[] probabilities = model.predict(fixtures.tokenIds()).probabilities();
    int vocabulary = model.shape().vocabularySize();
    for (int window = 0; window < fixtures.tokenIds().length; window++) {
      double sum = 0;
      for (float probability : Vectors.row(probabilities, window, vocabulary)) {
        sum += probability;
      }

      assertThat(sum).isCloseTo(1, within(1e-5));
    }
  }

  @Test
  void bothMethodsGiveTheSameFfnOutputs() {
    assertThat(model.predict(fixtures.tokenIds()).vectors())
        .isDeepEqualTo(model.ffnOutputs(fixtures.tokenIds()));
  }

  @Test
  void neighboursInTheBatchDoNotMatter() {
    float[][] alone = model.ffnOutputs(new int[][] {fixtures.tokenIds()[5]});
    float[][] together = model.ffnOutputs(fixtures.tokenIds());
    int dimension = model.shape().modelDimension();
    for (int block = 0; block < alone.length; block++) {
      assertThat(relativeError(alone[block], Vectors.row(together[block], 5, dimension)))
          .as("block %d", block)
          .isLessThan(1e-5);
    }
  }

  @Test
  void everyTokenOfTheWindowMatters() {
    int[] window = fixtures.tokenIds()[0];
    float[] whole = model.predict(new int[][] {window}).probabilities();
    for (int position = 0; position < window.length; position++) {
      int[] changed = window.clone();
      changed[position] = (changed[position] + 1) % model.shape().vocabularySize();
      assertThat(model.predict(new int[][] {changed}).probabilities())
          .as("token %d changed", position)
          .isNotEqualTo(whole);
    }
  }

  @Test
  void aSingleTokenIsASequence() {
    float[][] outputs = model.ffnOutputs(new int[][] {{1}, {2}});
    assertThat(outputs[5]).hasSize(2 * model.shape().modelDimension());
    assertThat(Arrays.copyOfRange(outputs[5], 0, 384))
        .isNotEqualTo(Arrays.copyOfRange(outputs[5], 384, 768));
  }

  /** |a - b| / |b|. */
  private static double relativeError(float[] a, float[] b) {
    double difference = 0;
    double norm = 0;
    for (int i = 0; i < b.length; i++) {
      difference += (a[i] - b[i]) * (double) (a[i] - b[i]);
      norm += (double) b[i] * b[i];
    }

    return Math.sqrt(difference / norm);
  }
}
