/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kindred.activation.Vectors;
import dev.kindred.model.Gpt.Activation;
import java.io.IOException;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A tree's activations against those of its sequences one by one. */
class TestGptTree {
  private static final double TOLERANCE = 1e-5;

  @Test
  void ofTheFixturesEqualPyTorch() throws IOException {
    Fixtures fixtures = Fixtures.read();
    Integer[] order = sorted(fixtures.tokenIds());
    PrefixTree tree =
        PrefixTree.of(Arrays.stream(order).map(i -> fixtures.tokenIds()[i]).toArray(int[][]::new));
    try (LanguageModel model = Models.load(Models.TINYSHAKESPEARE)) {
      LanguageModel.Predictions found = model.predict(tree);
      int dimension = model.shape().modelDimension();
      int vocabulary = model.shape().vocabularySize();
      for (int leaf = 0; leaf < order.length; leaf++) {
        for (int block = 0; block < model.shape().blocks(); block++) {
          assertThat(
                  relativeError(
                      Vectors.row(found.ffnOutputs()[block], leaf, dimension),
                      Vectors.row(fixtures.ffnOutputs()[block], order[leaf], dimension)))
              .as("block %d, window %d", block, order[leaf])
              .isLessThan(1e-4);
        }

        assertThat(
                relativeError(
                    Vectors.row(found.probabilities(), leaf, vocabulary),
                    Vectors.row(fixtures.probabilities(), order[leaf], vocabulary)))
            .as("window %d", order[leaf])
            .isLessThan(1e-4);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {Models.TINYSHAKESPEARE, Models.DICKENS_SMALL})
  void ofBundledModelsEqualThePlainBatch(String name) {
    try (LanguageModel model = Models.load(name)) {
      assertSame(model, TestPrefixTree.sequences(new Random(4), 700, 7, 4));
    }
  }

  @ParameterizedTest
  @EnumSource(Activation.class)
  void ofModelsWithAllBiasesEqualThePlainBatch(Activation activation) {
    try (LanguageModel model =
        RandomGpt.load(
            new Gpt.Config(11, 24, 3, 4, 40, 16, activation, true, true, false, true, 1e-5f), 1)) {
      assertSame(model, TestPrefixTree.sequences(new Random(5), 300, 6, 3));
    }
  }

  @ParameterizedTest
  @EnumSource(Activation.class)
  void ofTiedModelsWithoutBiasesEqualThePlainBatch(Activation activation) {
    try (LanguageModel model =
        RandomGpt.load(
            new Gpt.Config(11, 24, 2, 2, 40, 16, activation, false, false, true, false, 1e-5f),
            2)) {
      assertSame(model, TestPrefixTree.sequences(new Random(6), 300, 6, 3));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 16})
  void ofAnyLengthUpToTheContextEqualThePlainBatch(int length) {
    try (LanguageModel model = small(3)) {
      assertSame(model, TestPrefixTree.sequences(new Random(7), 100, length, 11));
      assertSame(model, TestPrefixTree.sequences(new Random(8), 1, length, 11));
    }
  }

  @Test
  void ofAModelWithOneBlockEqualThePlainBatch() {
    try (LanguageModel model = small(1)) {
      assertSame(model, TestPrefixTree.sequences(new Random(9), 100, 5, 3));
    }
  }

  @Test
  void ofWindowsThatShareAllButTheLastTokenEqualThePlainBatch() {
    int[][] windows = new int[11][];
    for (int i = 0; i < windows.length; i++) {
      windows[i] = new int[] {7, 3, 9, 0, 7, i};
    }

    try (LanguageModel model = small(3)) {
      assertSame(model, windows);
    }
  }

  @Test
  void ofWindowsThatShareNothingEqualThePlainBatch() {
    int[][] windows = new int[11][];
    for (int i = 0; i < windows.length; i++) {
      windows[i] = new int[] {i, 3, 9, 0, 7, 2};
    }

    try (LanguageModel model = small(3)) {
      assertSame(model, windows);
    }
  }

  private static LanguageModel small(int blocks) {
    return RandomGpt.load(
        new Gpt.Config(11, 24, blocks, 4, 40, 16, Activation.GELU, true, true, true, false, 1e-5f),
        3);
  }

  private static void assertSame(LanguageModel model, int[][] sequences) {
    LanguageModel.Predictions expected = model.predict(sequences);
    LanguageModel.Predictions found = model.predict(PrefixTree.of(sequences));
    int dimension = model.shape().modelDimension();
    for (int block = 0; block < model.shape().blocks(); block++) {
      assertThat(found.ffnOutputs()[block]).hasSameSizeAs(expected.ffnOutputs()[block]);
      for (int i = 0; i < sequences.length; i++) {
        assertThat(
                relativeError(
                    Vectors.row(found.ffnOutputs()[block], i, dimension),
                    Vectors.row(expected.ffnOutputs()[block], i, dimension)))
            .as("block %d, sequence %s", block, Arrays.toString(sequences[i]))
            .isLessThan(TOLERANCE);
      }
    }

    assertThat(relativeError(found.probabilities(), expected.probabilities()))
        .isLessThan(TOLERANCE);
    assertThat(model.ffnOutputs(PrefixTree.of(sequences))).isDeepEqualTo(found.ffnOutputs());
  }

  private static Integer[] sorted(int[][] sequences) {
    Integer[] order = new Integer[sequences.length];
    Arrays.setAll(order, i -> i);
    Arrays.sort(order, (a, b) -> Arrays.compare(sequences[a], sequences[b]));
    return order;
  }

  /** |a - b| / |b|. */
  private static double relativeError(float[] a, float[] b) {
    assertThat(a).hasSameSizeAs(b);
    double difference = 0;
    double norm = 0;
    for (int i = 0; i < b.length; i++) {
      difference += (a[i] - b[i]) * (double) (a[i] - b[i]);
      norm += (double) b[i] * b[i];
    }

    return Math.sqrt(difference / norm);
  }
}
