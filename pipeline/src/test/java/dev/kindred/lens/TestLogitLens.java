/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.lens;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import dev.kindred.corpus.Tokenizer;
import dev.kindred.lens.Lens.Guess;
import dev.kindred.lens.Lens.Layer;
import dev.kindred.math.Softmax;
import dev.kindred.math.Vectors;
import dev.kindred.model.HookPoint;
import dev.kindred.model.LanguageModel;
import dev.kindred.model.Models;
import dev.kindred.model.ResidualStream;
import dev.kindred.model.files.ModelDirectory;
import java.util.Comparator;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class TestLogitLens {
  private static final String PROMPT = "And only l";
  private static final double TOLERANCE = 1e-4; // two ways to evaluate a model in float

  private static LanguageModel whole;
  private static ResidualStream model;
  private static Tokenizer tokenizer;

  @BeforeAll
  static void load() {
    ModelDirectory directory = Models.directory(Models.TINYSHAKESPEARE);
    whole = directory.loadInEngine(Device.cpu());
    model = directory.loadStream(Device.cpu());
    tokenizer = Tokenizer.of(directory.tokenizerJson());
  }

  @AfterAll
  static void close() {
    whole.close();
    model.close();
  }

  private static Lens lens(LogitLens.Layers layers) {
    return LogitLens.of(model, tokenizer, PROMPT, tokenizer.encode(PROMPT), layers, 65);
  }

  @Test
  void theLastLayerIsTheModelsOwnPredictionAfterEveryPrefix() {
    List<Guess> last = lens(LogitLens.Layers.BLOCKS).layers().get(6).positions();

    assertThat(last).hasSize(PROMPT.length());
    for (int length = 1; length <= PROMPT.length(); length++) {
      float[] expected = predicted(PROMPT.substring(0, length));
      Guess guess = last.get(length - 1);
      assertThat(guess.probability())
          .isCloseTo(expected[guess.tokenId()], within(TOLERANCE))
          .isCloseTo(greatest(expected), within(TOLERANCE));
    }
  }

  private static float[] predicted(String prompt) {
    return whole.predict(new int[][] {tokenizer.encode(prompt)}).probabilities();
  }

  private static double greatest(float[] probabilities) {
    double greatest = 0;
    for (float probability : probabilities) {
      greatest = Math.max(greatest, probability);
    }

    return greatest;
  }

  @Test
  void theEndHasTheModelsWholeDistributionFromTheMostProbableToken() {
    float[] expected = predicted(PROMPT);
    List<Guess> end = lens(LogitLens.Layers.BLOCKS).layers().get(6).end();

    assertThat(end).hasSize(65).isSortedAccordingTo(byProbability());
    assertThat(end)
        .allSatisfy(
            guess ->
                assertThat(guess.probability())
                    .isCloseTo(expected[guess.tokenId()], within(TOLERANCE)));
  }

  private static Comparator<Guess> byProbability() {
    return Comparator.comparingDouble(Guess::probability).reversed();
  }

  @Test
  void anEarlierLayerIsTheStreamThereThroughTheFinalNormAndTheUnembedding() {
    Lens lens = lens(LogitLens.Layers.PARTS);
    try (ResidualStream.Pass pass = model.run(new int[][] {tokenizer.encode(PROMPT)})) {
      for (Layer layer : lens.layers()) {
        float[] stream = pass.all(layer.block(), layer.hook());
        for (int position = 0; position < PROMPT.length(); position++) {
          float[] normed = model.finalNorm(Vectors.row(stream, position, 384));
          double[] expected = Softmax.row(unembedded(normed), 0, 65);
          Guess guess = layer.positions().get(position);
          assertThat(guess.probability()).isCloseTo(expected[guess.tokenId()], within(TOLERANCE));
        }
      }
    }
  }

  /** Row products and the bias, which is what a vector of zeros has beside them. */
  private static float[] unembedded(float[] normed) {
    float[] rows = new float[65 * 384];
    for (int token = 0; token < 65; token++) {
      System.arraycopy(model.readout().row(token), 0, rows, token * 384, 384);
    }

    float[] zeros = new float[384];
    float[] ofZeros = model.logitsAlone(6, zeros);
    float[] productsOfZeros = dot(rows, model.finalNorm(zeros));
    float[] logits = dot(rows, normed);
    for (int token = 0; token < 65; token++) {
      logits[token] += ofZeros[token] - productsOfZeros[token];
    }

    return logits;
  }

  private static float[] dot(float[] rows, float[] vector) {
    float[] products = new float[65];
    for (int token = 0; token < 65; token++) {
      double sum = 0;
      for (int i = 0; i < 384; i++) {
        sum += (double) rows[token * 384 + i] * vector[i];
      }

      products[token] = (float) sum;
    }

    return products;
  }

  @Test
  void layersAreTheEmbeddingAndAllBlocks() {
    assertThat(lens(LogitLens.Layers.BLOCKS).layers())
        .extracting(layer -> layer.block() + " " + layer.hook().hookName())
        .containsExactly(
            "0 hook_resid_pre",
            "0 hook_resid_post",
            "1 hook_resid_post",
            "2 hook_resid_post",
            "3 hook_resid_post",
            "4 hook_resid_post",
            "5 hook_resid_post");
  }

  @Test
  void partsAddTheStreamAfterEachAttention() {
    assertThat(lens(LogitLens.Layers.PARTS).layers())
        .hasSize(13)
        .filteredOn(layer -> layer.hook() == HookPoint.RESID_MID)
        .extracting(Layer::block)
        .containsExactly(0, 1, 2, 3, 4, 5);
  }

  @Test
  void aPromptOfOneTokenHasOnePosition() {
    Lens lens =
        LogitLens.of(model, tokenizer, "A", tokenizer.encode("A"), LogitLens.Layers.BLOCKS, 3);

    assertThat(lens.tokens()).containsExactly("A");
    assertThat(lens.layers().get(6).end()).hasSize(3);
  }
}
