/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import dev.kindred.model.architecture.Activation;
import dev.kindred.model.architecture.Blueprint;
import dev.kindred.model.torch.TorchModel;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Texts of a random model with a context of 16 tokens. */
class TestGeneration {
  private static final int VOCABULARY = 9;
  private static final int CONTEXT = 16;
  private static final int[] PROMPT = {1, 5, 2};
  private static TorchModel model;
  private static TokenReader reader;

  @BeforeAll
  static void load() {
    Blueprint blueprint =
        RandomGpt.blueprint(
            VOCABULARY, 12, 2, 2, 20, CONTEXT, Activation.GELU, true, true, false, true, 1e-5f);
    Map<String, float[]> values = RandomBlueprint.values(blueprint, 3);
    model = TorchModel.load(blueprint, values::get, Device.cpu());
    reader = model.reader();
  }

  @AfterAll
  static void close() {
    model.close();
  }

  private static List<Generation.Drawn> generated(double temperature, long seed, int count) {
    return new Generation(reader, null, VOCABULARY, temperature, seed).of(PROMPT, count);
  }

  /** What the model finds after some tokens, without anything kept. */
  private static double[] probabilities(int... tokens) {
    return PlainModel.doubles(model.predict(new int[][] {tokens}).probabilities());
  }

  @Test
  void theSameSeedGivesTheSameText() {
    assertThat(generated(1, 7, 60)).isEqualTo(generated(1, 7, 60));
    assertThat(generated(1, 7, 60)).isNotEqualTo(generated(1, 8, 60));
  }

  /** Once 16 tokens are read, the last half begins another text. */
  @ParameterizedTest
  @NullSource
  @ValueSource(ints = 8)
  void theMostProbableTokensAreThoseOfTheWindowThatIsRead(Integer first) {
    List<Generation.Drawn> found = new Generation(reader, first, VOCABULARY, 0, 1).of(PROMPT, 40);
    int room = first == null ? CONTEXT : CONTEXT - 1;
    int[] read = PROMPT;
    for (Generation.Drawn drawn : found) {
      double[] expected = probabilities(first == null ? read : WithFirstToken.prepend(first, read));
      assertThat(drawn.probability())
          .isCloseTo(Arrays.stream(expected).max().orElseThrow(), within(1e-5))
          .isCloseTo(expected[drawn.tokenId()], within(1e-5));
      int kept = read.length < room ? read.length : room / 2 - 1;
      int[] next = Arrays.copyOfRange(read, read.length - kept, read.length + 1);
      next[kept] = drawn.tokenId();
      read = next;
    }
  }

  @Test
  void tokensAreDrawnAsOftenAsTheModelSays() {
    int draws = 4_000;
    double[] shares = new double[VOCABULARY];
    for (int seed = 0; seed < draws; seed++) {
      shares[generated(1, seed, 1).get(0).tokenId()] += 1. / draws;
    }

    double[] expected = probabilities(PROMPT);
    for (int token = 0; token < VOCABULARY; token++) {
      double deviation = Math.sqrt(expected[token] * (1 - expected[token]) / draws);
      assertThat(shares[token]).isCloseTo(expected[token], within(5 * deviation + 1e-6));
    }
  }

  @Test
  void aLowTemperatureIsNearlyTheMostProbable() {
    assertThat(generated(1e-6, 5, 20)).isEqualTo(generated(0, 1, 20));
  }

  @Test
  void idsWithoutATokenAreNotDrawn() {
    List<Generation.Drawn> found = new Generation(reader, null, 4, 100, 2).of(PROMPT, 100);
    assertThat(found).allMatch(drawn -> drawn.tokenId() < 4);
    assertThat(found.get(0).probability())
        .as("of all ids")
        .isCloseTo(probabilities(PROMPT)[found.get(0).tokenId()], within(1e-6));
  }

  @Test
  void aFullContextHasNoRoom() {
    reader.begin(new int[CONTEXT]);
    assertThatThrownBy(() -> reader.next(1)).hasMessage("no room after 16 tokens");
    assertThatThrownBy(() -> reader.begin(new int[CONTEXT + 1])).hasMessage("Invalid length: 17");
  }
}
