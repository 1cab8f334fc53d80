/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TestResidualStream {
  private static final int[][] PROMPTS = {
    {1, 2, 3, 4, 5}, {44, 39, 1, 0, 64}, {7, 7, 7, 7, 7}, {20, 1, 53, 52, 2}
  };
  private static final double TOLERANCE = 1e-4; // of logits, whose magnitude is about 10

  private static LanguageModel whole;
  private static ResidualStream model;

  @BeforeAll
  static void load() {
    whole = Models.loadInEngine(Models.TINYSHAKESPEARE);
    model = Models.directory(Models.TINYSHAKESPEARE).loadStream(Device.cpu());
  }

  @AfterAll
  static void close() {
    whole.close();
    model.close();
  }

  @Test
  void partsSumToTheStreamAfterTheBlock() {
    try (ResidualStream.Pass pass = model.run(PROMPTS)) {
      for (int block = 0; block < 6; block++) {
        float[] before = pass.last(block, HookPoint.RESID_PRE);
        float[] attnOut = pass.last(block, HookPoint.ATTN_OUT);
        float[] between = pass.last(block, HookPoint.RESID_MID);
        float[] mlpOut = pass.last(block, HookPoint.MLP_OUT);
        float[] after = pass.last(block, HookPoint.RESID_POST);
        for (int i = 0; i < after.length; i++) {
          assertThat(before[i] + attnOut[i]).isCloseTo(between[i], within(1e-5f));
          assertThat(between[i] + mlpOut[i]).isCloseTo(after[i], within(1e-5f));
        }
      }
    }
  }

  @Test
  void theStreamAfterABlockIsThatBeforeTheNext() {
    try (ResidualStream.Pass pass = model.run(PROMPTS)) {
      for (int block = 1; block < 6; block++) {
        assertThat(pass.all(block, HookPoint.RESID_PRE))
            .isEqualTo(pass.all(block - 1, HookPoint.RESID_POST));
      }
    }
  }

  @Test
  void feedForwardOutputsAreThoseOfTheWholeModel() {
    float[][] expected = whole.ffnOutputs(PROMPTS);
    try (ResidualStream.Pass pass = model.run(PROMPTS)) {
      for (int block = 0; block < 6; block++) {
        assertClose(pass.last(block, HookPoint.MLP_OUT), expected[block]);
        assertClose(
            model.feedForward(block, pass.last(block, HookPoint.RESID_MID)), expected[block]);
      }
    }
  }

  @Test
  void anUnchangedStreamGivesTheModelsPredictionFromEveryBlockOn() {
    float[] expected = whole.predict(PROMPTS).probabilities();
    try (ResidualStream.Pass pass = model.run(PROMPTS)) {
      assertClose(softmax(pass.logits()), expected);
      for (int block = 0; block < 6; block++) {
        float[] stream = pass.last(block, HookPoint.RESID_PRE);
        assertClose(softmax(pass.logits(block, stream)), expected);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 3, 5})
  void aChangedLastVectorGivesWhatAWholePassWithThatChangeGives(int block) {
    float[] expected;
    try (ResidualStream.Pass changed =
        model.run(Input.tokens(PROMPTS), withoutAttentionAtTheEnd(block))) {
      expected = changed.logits();
    }

    try (ResidualStream.Pass pass = model.run(PROMPTS)) {
      float[] before = pass.last(block, HookPoint.RESID_PRE);
      float[] mlpOut = model.feedForward(block, before);
      float[] after = moved(before, mlpOut, 1);
      assertClose(pass.logits(block + 1, after), expected);
    }
  }

  @Test
  void aChangedInputOfABlockIsChangedOnceWhenTheBlockIsLookedIntoLater() {
    Changes doubled = Changes.NONE.edit(Hook.of(HookPoint.RESID_PRE, 2), x -> moved(x, x, 1));
    try (ResidualStream.Pass changed = model.run(Input.tokens(PROMPTS), doubled);
        ResidualStream.Pass from =
            model.run(Input.before(2, changed.all(2, HookPoint.RESID_PRE), 5), Changes.NONE)) {
      for (HookPoint point : new HookPoint[] {HookPoint.LN1_SCALE, HookPoint.Q, HookPoint.Z}) {
        assertThat(changed.all(2, point)).isEqualTo(from.all(2, point));
      }
    }
  }

  private static Changes withoutAttentionAtTheEnd(int block) {
    return Changes.NONE.edit(
        Hook.of(HookPoint.ATTN_OUT, block),
        x -> {
          float[] changed = x.clone();
          int sequence = x.length / PROMPTS.length;
          for (int end = sequence; end <= x.length; end += sequence) {
            Arrays.fill(changed, end - 384, end, 0);
          }

          return changed;
        });
  }

  @Test
  void aLoneVectorIsASequenceOfOneToken() {
    int[][] tokens = {{3}, {11}, {64}};
    float[] expected = whole.predict(tokens).probabilities();
    try (ResidualStream.Pass pass = model.run(tokens)) {
      for (int block = 0; block < 6; block++) {
        float[] stream = pass.last(block, HookPoint.RESID_PRE);
        assertClose(softmax(model.logitsAlone(block, stream)), expected);
        assertClose(softmax(pass.logits(block, stream)), expected);
      }
    }
  }

  @Test
  void logitsAreDotProductsWithUnembeddingRowsButForABias() {
    float[] x = gaussian(2 * 384);
    float[] normed = model.finalNorm(x);
    Readout readout = model.readout();
    float[] logits = model.logitsAlone(6, x);
    for (int token = 0; token < 65; token++) {
      double first = dot(readout.row(token), 0, normed, 0);
      double second = dot(readout.row(token), 0, normed, 1);
      assertThat(logits[token] - logits[65 + token])
          .isCloseTo((float) (first - second), within(1e-3f));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 5, 6})
  void theGradientIsTheSlopeOfTheLoss(int block) {
    float[] x = gaussian(3 * 384);
    int[] targets = {1, 40, 64};
    ResidualStream.Loss loss = model.loss(block, x, targets);
    float[] direction = gaussian(3 * 384);
    double step = 1e-3;
    float[] ahead = moved(x, direction, step);
    float[] back = moved(x, direction, -step);
    for (int row = 0; row < 3; row++) {
      double slope = dot(loss.gradient(), row, direction, row);
      double found =
          (model.loss(block, ahead, targets).nats()[row]
                  - model.loss(block, back, targets).nats()[row])
              / (2 * step);
      assertThat(found).isCloseTo(slope, within(.02 * Math.abs(slope) + 2e-2));
    }
  }

  @Test
  void theLossIsMinusTheLogarithmOfTheTokensProbability() {
    float[] x = gaussian(2 * 384);
    float[] probabilities = softmax(model.logitsAlone(4, x));
    ResidualStream.Loss loss = model.loss(4, x, new int[] {9, 30});
    assertThat(loss.nats()[0]).isCloseTo((float) -Math.log(probabilities[9]), within(1e-3f));
    assertThat(loss.nats()[1]).isCloseTo((float) -Math.log(probabilities[65 + 30]), within(1e-3f));
  }

  private static float[] gaussian(int size) {
    Random random = new Random(size);
    float[] x = new float[size];
    for (int i = 0; i < size; i++) {
      x[i] = (float) random.nextGaussian();
    }

    return x;
  }

  private static float[] moved(float[] x, float[] direction, double by) {
    float[] moved = new float[x.length];
    for (int i = 0; i < x.length; i++) {
      moved[i] = (float) (x[i] + by * direction[i]);
    }

    return moved;
  }

  private static double dot(float[] a, int rowOfA, float[] b, int rowOfB) {
    double sum = 0;
    for (int i = 0; i < 384; i++) {
      sum += (double) a[rowOfA * 384 + i] * b[rowOfB * 384 + i];
    }

    return sum;
  }

  private static float[] softmax(float[] logits) {
    float[] probabilities = new float[logits.length];
    for (int row = 0; row < logits.length; row += 65) {
      double sum = 0;
      for (int i = row; i < row + 65; i++) {
        sum += Math.exp(logits[i]);
      }

      for (int i = row; i < row + 65; i++) {
        probabilities[i] = (float) (Math.exp(logits[i]) / sum);
      }
    }

    return probabilities;
  }

  private static void assertClose(float[] found, float[] expected) {
    assertThat(found).hasSameSizeAs(expected);
    for (int i = 0; i < found.length; i++) {
      assertThat(found[i]).isCloseTo(expected[i], within((float) TOLERANCE));
    }
  }
}
