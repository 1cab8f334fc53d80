/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kindred.kernel.TileKernels;
import dev.kindred.math.Vectors;
import dev.kindred.model.architecture.Activation;
import dev.kindred.model.architecture.Blueprint;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A tree's activations against those of its sequences one by one. */
class TestGptTree {
  private static final double TOLERANCE = 1e-5;

  private static List<LanguageModel> tinyshakespeare() {
    return List.of(
        Models.load(Models.TINYSHAKESPEARE), Models.loadInEngine(Models.TINYSHAKESPEARE));
  }

  @ParameterizedTest
  @MethodSource("tinyshakespeare")
  void ofTheFixturesEqualPyTorch(LanguageModel loaded) throws IOException {
    Fixtures fixtures = Fixtures.read();
    Integer[] order = sorted(fixtures.tokenIds());
    PrefixTree tree =
        PrefixTree.of(Arrays.stream(order).map(i -> fixtures.tokenIds()[i]).toArray(int[][]::new));
    try (LanguageModel model = loaded) {
      LanguageModel.Predictions found = model.predict(tree);
      int dimension = model.shape().modelDimension();
      int vocabulary = model.shape().vocabularySize();
      for (int leaf = 0; leaf < order.length; leaf++) {
        for (int block = 0; block < model.shape().blocks(); block++) {
          assertThat(
                  relativeError(
                      Vectors.row(found.vectors()[block], leaf, dimension),
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
    try (LanguageModel engine = Models.loadInEngine(name);
        LanguageModel own = Models.load(name)) {
      int[][] sequences = TestPrefixTree.sequences(new Random(4), 700, 7, 4);
      assertSame(engine, engine, sequences);
      assertSame(own, engine, sequences);
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = Activation.class,
      names = {"RELU", "GELU"})
  void ofModelsWithAllBiasesEqualThePlainBatch(Activation activation) {
    assertSame(
        RandomGpt.blueprint(11, 24, 3, 4, 40, 16, activation, true, true, false, true, 1e-5f),
        TestPrefixTree.sequences(new Random(5), 300, 6, 3));
  }

  @ParameterizedTest
  @EnumSource(
      value = Activation.class,
      names = {"RELU", "GELU"})
  void ofTiedModelsWithoutBiasesEqualThePlainBatch(Activation activation) {
    assertSame(
        RandomGpt.blueprint(11, 24, 2, 2, 40, 16, activation, false, false, true, false, 1e-5f),
        TestPrefixTree.sequences(new Random(6), 300, 6, 3));
  }

  @ParameterizedTest
  @CsvSource({"56,7,224", "160,5,700", "200,4,100"})
  void ofModelsWhoseSizesFillNoPanelsEqualThePlainBatch(int width, int heads, int hidden) {
    assertSame(
        RandomGpt.blueprint(
            50, width, 2, heads, hidden, 16, Activation.GELU, true, true, false, true, 1e-5f),
        TestPrefixTree.sequences(new Random(10), 700, 5, 6));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 16})
  void ofAnyLengthUpToTheContextEqualThePlainBatch(int length) {
    assertSame(small(3), TestPrefixTree.sequences(new Random(7), 100, length, 11));
    assertSame(small(3), TestPrefixTree.sequences(new Random(8), 1, length, 11));
  }

  @Test
  void ofAModelWithOneBlockEqualThePlainBatch() {
    assertSame(small(1), TestPrefixTree.sequences(new Random(9), 100, 5, 3));
  }

  @Test
  void ofWindowsThatShareAllButTheLastTokenEqualThePlainBatch() {
    int[][] windows = new int[11][];
    for (int i = 0; i < windows.length; i++) {
      windows[i] = new int[] {7, 3, 9, 0, 7, i};
    }

    assertSame(small(3), windows);
  }

  @Test
  void ofWindowsThatShareNothingEqualThePlainBatch() {
    int[][] windows = new int[11][];
    for (int i = 0; i < windows.length; i++) {
      windows[i] = new int[] {i, 3, 9, 0, 7, 2};
    }

    assertSame(small(3), windows);
  }

  @Test
  void onTheCpuHaveTheSameBitsInEveryTree() {
    try (LanguageModel model = Models.load(Models.DICKENS_SMALL)) {
      int[][] all = TestPrefixTree.sequences(new Random(11), 1500, 6, 5);
      int[][] some = Arrays.copyOfRange(all, 700, 707);
      float[][] expected = model.ffnOutputs(PrefixTree.of(all));
      float[][] found = model.ffnOutputs(PrefixTree.of(some));
      int dimension = model.shape().modelDimension();
      for (int block = 0; block < found.length; block++) {
        assertThat(found[block])
            .isEqualTo(Arrays.copyOfRange(expected[block], 700 * dimension, 707 * dimension));
      }
    }
  }

  @Test
  void onTheCpuTakeSequencesInAnyOrderWithRepetitions() {
    try (LanguageModel model = Models.load(Models.DICKENS_SMALL)) {
      int[][] sorted = TestPrefixTree.sequences(new Random(12), 20, 6, 5);
      int[][] mixed = {sorted[7], sorted[3], sorted[19], sorted[3]};
      LanguageModel.Predictions expected = model.predict(PrefixTree.of(sorted));
      LanguageModel.Predictions found = model.predict(mixed);
      int[] places = {7, 3, 19, 3};
      for (int i = 0; i < places.length; i++) {
        for (int block = 0; block < model.shape().blocks(); block++) {
          int dimension = model.shape().modelDimension();
          assertThat(Vectors.row(found.vectors()[block], i, dimension))
              .isEqualTo(Vectors.row(expected.vectors()[block], places[i], dimension));
        }

        int vocabulary = model.shape().vocabularySize();
        assertThat(Vectors.row(found.probabilities(), i, vocabulary))
            .isEqualTo(Vectors.row(expected.probabilities(), places[i], vocabulary));
      }

      assertThat(model.ffnOutputs(mixed)).isDeepEqualTo(found.vectors());
    }
  }

  private static Blueprint small(int blocks) {
    return RandomGpt.blueprint(
        11, 24, blocks, 4, 40, 16, Activation.GELU, true, true, true, false, 1e-5f);
  }

  /** In the engine, and by Kindred's own kernels, scalar and SIMD. */
  private static void assertSame(Blueprint config, int[][] sequences) {
    try (LanguageModel engine = RandomGpt.inEngine(config, 3);
        LanguageModel scalar = RandomGpt.onCpu(config, 3, TileKernels.Choice.SCALAR);
        LanguageModel simd = RandomGpt.onCpu(config, 3, TileKernels.Choice.SIMD)) {
      assertSame(engine, engine, sequences);
      assertSame(scalar, engine, sequences);
      assertSame(simd, engine, sequences);
    }
  }

  /** A model's outputs for the tree against another's for the plain batch. */
  private static void assertSame(LanguageModel model, LanguageModel plain, int[][] sequences) {
    LanguageModel.Predictions expected = plain.predict(sequences);
    LanguageModel.Predictions found = model.predict(PrefixTree.of(sequences));
    int dimension = model.shape().modelDimension();
    for (int block = 0; block < model.shape().blocks(); block++) {
      assertThat(found.vectors()[block]).hasSameSizeAs(expected.vectors()[block]);
      for (int i = 0; i < sequences.length; i++) {
        assertThat(
                relativeError(
                    Vectors.row(found.vectors()[block], i, dimension),
                    Vectors.row(expected.vectors()[block], i, dimension)))
            .as("block %d, sequence %s", block, Arrays.toString(sequences[i]))
            .isLessThan(TOLERANCE);
      }
    }

    assertThat(relativeError(found.probabilities(), expected.probabilities()))
        .isLessThan(TOLERANCE);
    assertThat(model.ffnOutputs(PrefixTree.of(sequences))).isDeepEqualTo(found.vectors());
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
