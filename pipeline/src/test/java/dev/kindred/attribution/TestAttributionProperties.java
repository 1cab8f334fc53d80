/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.attribution;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.kindred.math.RankCorrelation;
import dev.kindred.model.BlockVector;
import dev.kindred.model.Changes;
import dev.kindred.model.Hook;
import dev.kindred.model.HookPoint;
import dev.kindred.model.Input;
import dev.kindred.model.Models;
import dev.kindred.model.ResidualStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What holds of attributions whatever the model. */
class TestAttributionProperties {
  private static final int[] PROMPT = {20, 43, 50, 1, 39, 52, 42};

  private static JsonNode linear() throws IOException {
    try (InputStream file =
        TestAttributionProperties.class.getResourceAsStream("/attribution/linear.json")) {
      return new ObjectMapper().readTree(file);
    }
  }

  private static double[] numbers(JsonNode array) {
    return IntStream.range(0, array.size()).mapToDouble(i -> array.get(i).asDouble()).toArray();
  }

  /**
   * The closed form of a model without blocks: the gradient is the derivative times unembedding.
   */
  @Test
  void objectivesHaveTheGradientsOfALinearModelAndOnlyTheSumOfLogitsSeesACommonShift()
      throws IOException {
    JsonNode linear = linear();
    double[] common = numbers(linear.get("c"));
    int token = linear.get("token").asInt();
    int other = linear.get("other").asInt();
    JsonNode last = linear.at("/models/last");
    double[] exact = numbers(last.get("logits"));
    float[] logits = new float[exact.length];
    for (int i = 0; i < logits.length; i++) {
      logits[i] = (float) exact[i];
    }

    Objective probability = Objective.logProbability(token);
    Objective sum = Objective.logitSum(logits);
    double[] unshifted = new double[common.length];
    assertGradient(
        gradient(linear, probability, logits, unshifted), last.at("/log-probability/gradient/3"));
    assertGradient(
        gradient(
            linear, new Objective(Objective.Kind.LOGIT_DIFFERENCE, token, other), logits, common),
        last.at("/logit-difference/gradient/3"));
    assertGradient(gradient(linear, sum, logits, unshifted), last.at("/logit-sum/gradient/3"));
    assertGradient(
        gradient(linear, sum, logits, common), last.at("/common_shift/logit-sum_gradient/3"));
    assertGradient(
        gradient(linear, probability, logits, common),
        last.at("/common_shift/log-probability_gradient/3"));
  }

  private static void assertGradient(double[] found, JsonNode expected) {
    assertThat(found).containsExactly(numbers(expected), within(1e-6));
  }

  private static double[] gradient(
      JsonNode linear, Objective objective, float[] logits, double[] shift) {
    double[] derivative = objective.derivative(logits);
    double[] gradient = new double[shift.length];
    for (int v = 0; v < derivative.length; v++) {
      double[] row = numbers(linear.get("U").get(v));
      for (int k = 0; k < gradient.length; k++) {
        gradient[k] += derivative[v] * (row[k] + shift[k]);
      }
    }

    return gradient;
  }

  @Test
  void methodsAreCombinedByTheMeanOfWhatIsNormalised() throws IOException {
    JsonNode byHand = linear().get("combined_by_hand");
    double[] mean =
        Combination.mean(numbers(byHand.get("gradient")), numbers(byHand.get("occlusion")));

    assertThat(mean).containsExactly(numbers(byHand.get("combined")), within(1e-12));
    assertThat(Combination.minMax(mean))
        .containsExactly(numbers(byHand.get("min_max")), within(1e-12));
    assertThat(Combination.normalised(new double[] {0, -1})).containsOnly(0);
    assertThat(Combination.minMax(new double[] {3, 3})).containsOnly(0);
  }

  @Test
  void equalScoresHaveMeanRanksAndNoneMeansNoCorrelation() {
    double[] ties = {1, 1, 2, 5};

    assertThat(RankCorrelation.of(ties, ties)).isCloseTo(1, within(1e-12));
    assertThat(RankCorrelation.of(ties, new double[] {4, 3, 2, 1}))
        .isCloseTo(-.9486832980505138, within(1e-12)); // by hand: -4.5 / sqrt(4.5 * 5)
    assertThat(RankCorrelation.of(ties, new double[] {1, 1, 1, 1})).isNaN();
    assertThat(Removal.descending(ties)).containsExactly(3, 2, 0, 1);
    assertThat(Removal.random(9, 1)).containsExactlyInAnyOrder(0, 1, 2, 3, 4, 5, 6, 7, 8);
    assertThat(Removal.random(9, 1)).isNotEqualTo(Removal.random(9, 2));
  }

  @Test
  void integratedGradientsAddUpToWhatTheObjectiveGains() {
    try (ResidualStream model = Models.directory(Models.TINYSHAKESPEARE).loadStream(Device.cpu())) {
      AttributedPrediction prediction =
          AttributedPrediction.of(model, PROMPT, Objective::predicted);
      for (Replacement.Row baseline : List.of(Replacement.mean(model), Replacement.zero(model))) {
        IntegratedGradients found = IntegratedGradients.of(prediction, baseline);

        assertThat(Arrays.stream(found.scores()).sum()).isCloseTo(found.sum(), within(1e-9));
        assertThat(Math.abs(found.difference())).isGreaterThan(1);
        assertThat(found.isComplete()).as("%s", found).isTrue();
      }
    }
  }

  @Test
  void aMarginalReplacementIsTheMeanOverTheTokensOfAText() {
    try (ResidualStream model = Models.directory(Models.TINYSHAKESPEARE).loadStream(Device.cpu())) {
      AttributedPrediction prediction =
          AttributedPrediction.of(model, PROMPT, Objective::predicted);
      long[] counts = new long[model.shape().vocabularySize()];
      counts[1] = 3;
      counts[39] = 5;
      Occlusion found = Occlusion.of(prediction, Replacement.marginal(counts));
      Occlusion blank = Occlusion.of(prediction, Replacement.token(1));
      Occlusion letter = Occlusion.of(prediction, Replacement.token(39));

      for (int t = 0; t < PROMPT.length; t++) {
        assertThat(found.drop()[t])
            .isCloseTo((3 * blank.drop()[t] + 5 * letter.drop()[t]) / 8, within(1e-5));
        assertThat(found.totalVariation()[t])
            .isCloseTo(
                (3 * blank.totalVariation()[t] + 5 * letter.totalVariation()[t]) / 8, within(1e-6));
      }
    }
  }

  @Test
  void aBlocksShadingIsHowFarItsVectorTurnsWithoutAToken() {
    try (ResidualStream model = Models.directory(Models.TINYSHAKESPEARE).loadStream(Device.cpu())) {
      List<Integer> blocks = List.of(0, 3);
      AttributedPrediction prediction =
          AttributedPrediction.of(model, PROMPT, Objective::predicted);
      Replacement uniform = Replacement.uniform(model);
      for (Replacement replacement : List.of(uniform, Replacement.mean(model))) {
        Shading found = Shading.of(model, PROMPT, replacement, BlockVector.FFN_OUT, blocks);

        assertThat(found.prediction())
            .containsExactly(Occlusion.of(prediction, replacement).drop(), within(1e-4));
        assertThat(found.blocks()).extracting(Shading.OfBlock::block).isEqualTo(blocks);
      }

      Shading found = Shading.of(model, PROMPT, uniform, BlockVector.FFN_OUT, blocks);
      int tokens = model.shape().vocabularySize();
      for (Shading.OfBlock ofBlock : found.blocks()) {
        float[] own = ffnOut(model, PROMPT, ofBlock.block());
        for (int t : new int[] {0, PROMPT.length - 1}) {
          double sum = 0;
          for (int token = 0; token < tokens; token++) {
            int[] without = PROMPT.clone();
            without[t] = token;
            sum += cosine(own, ffnOut(model, without, ofBlock.block()));
          }

          assertThat(ofBlock.values()[t]).isCloseTo(1 - sum / tokens, within(1e-5)).isPositive();
        }
      }

      assertThatThrownBy(
              () ->
                  Shading.of(model, PROMPT, new Replacement.Delete(), BlockVector.FFN_OUT, blocks))
          .hasMessageContaining("a position would move");
    }
  }

  private static float[] ffnOut(ResidualStream model, int[] tokenIds, int block) {
    float[] all =
        model.at(
            Input.tokens(new int[][] {tokenIds}), Changes.NONE, Hook.of(HookPoint.MLP_OUT, block));
    return Arrays.copyOfRange(all, all.length - model.shape().modelDimension(), all.length);
  }

  private static double cosine(float[] a, float[] b) {
    double dot = 0;
    double ofA = 0;
    double ofB = 0;
    for (int i = 0; i < a.length; i++) {
      dot += (double) a[i] * b[i];
      ofA += (double) a[i] * a[i];
      ofB += (double) b[i] * b[i];
    }

    return dot / Math.sqrt(ofA * ofB);
  }

  @Test
  void replacingATokenByItselfOrItsOwnRowChangesNothing() {
    try (ResidualStream model = Models.directory(Models.TINYSHAKESPEARE).loadStream(Device.cpu())) {
      AttributedPrediction prediction =
          AttributedPrediction.of(model, PROMPT, Objective::predicted);
      int at = 2;
      Occlusion byItself = Occlusion.of(prediction, Replacement.token(PROMPT[at]));
      Occlusion byItsRow =
          Occlusion.of(prediction, new Replacement.Row(model.embed(new int[] {PROMPT[at]})));

      for (double[] scores :
          List.of(byItself.drop(), byItself.kl(), byItsRow.drop(), byItsRow.totalVariation())) {
        assertThat(scores[at]).isCloseTo(0, within(1e-5));
      }

      for (int t = 0; t < PROMPT.length; t++) {
        assertThat(byItsRow.drop()[t]).isCloseTo(byItself.drop()[t], within(1e-4));
      }

      assertThat(byItself.totalVariation()[0]).isPositive();
      AttributedPrediction lone =
          AttributedPrediction.of(model, new int[] {1}, Objective::predicted);
      assertThatThrownBy(() -> Occlusion.of(lone, new Replacement.Delete()))
          .hasMessageContaining("no token would be left");
    }
  }
}
