/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.ablation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.kindred.ablation.BlockAblation.Context;
import dev.kindred.ablation.BlockAblation.Effect;
import dev.kindred.ablation.BlockAblation.Part;
import dev.kindred.math.Hellinger;
import dev.kindred.model.RandomGpt;
import dev.kindred.model.ResidualStream;
import dev.kindred.model.architecture.Activation;
import dev.kindred.model.architecture.Blueprint;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class TestBlockAblation {
  private static final int TOKENS = 11;
  private static final int BLOCKS = 3;
  private static final Blueprint CONFIG =
      RandomGpt.blueprint(
          TOKENS, 12, BLOCKS, 4, 20, 8, Activation.GELU, true, true, false, true, 1e-5f);
  private static final int[][] PROMPTS = {{1, 2, 3, 4}, {10, 0, 10, 0}, {5, 5, 5, 5}};
  private static final double ROUNDING = 1e-5;

  private static List<BlockAblation> ablated(Map<String, float[]> tensors, int[][] prompts) {
    try (ResidualStream model = RandomGpt.stream(CONFIG, tensors)) {
      return BlockAblation.of(model, prompts);
    }
  }

  /** Tensors whose block adds nothing by one of its parts. */
  private static Map<String, float[]> without(Part part, int block) {
    Map<String, float[]> tensors = RandomGpt.values(CONFIG, 3);
    String name = "h." + block + (part == Part.ATTENTION ? ".attn" : ".mlp") + ".proj.";
    Arrays.fill(tensors.get(name + "weight"), 0);
    Arrays.fill(tensors.get(name + "bias"), 0);
    return tensors;
  }

  private static Effect effect(
      List<BlockAblation> ablations, int prompt, int block, Part part, Context context) {
    return ablations.stream()
        .filter(ablation -> ablation.prompt() == prompt && ablation.block() == block)
        .flatMap(ablation -> ablation.effects().stream())
        .filter(effect -> effect.removed() == part && effect.context() == context)
        .findFirst()
        .orElseThrow();
  }

  @ParameterizedTest
  @EnumSource(Part.class)
  void removingWhatABlockDoesNotAddChangesNothing(Part part) {
    List<BlockAblation> ablations = ablated(without(part, 1), PROMPTS);
    for (int prompt = 0; prompt < PROMPTS.length; prompt++) {
      for (Context context : Context.values()) {
        Effect effect = effect(ablations, prompt, 1, part, context);
        assertThat(effect.hellinger()).isLessThan(ROUNDING);
        assertThat(effect.logitChange()).isLessThan(ROUNDING * effect.logitNorm());
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Part.class)
  void inContextTheLastBlocksRemovalIsAModelWithoutThatPart(Part part) {
    List<BlockAblation> ablations = ablated(RandomGpt.values(CONFIG, 3), PROMPTS);
    double[][] with = predictions(RandomGpt.values(CONFIG, 3));
    double[][] without = predictions(without(part, BLOCKS - 1));
    for (int prompt = 0; prompt < PROMPTS.length; prompt++) {
      assertThat(effect(ablations, prompt, BLOCKS - 1, part, Context.WHOLE).hellinger())
          .isCloseTo(Hellinger.distance(with[prompt], without[prompt]), within(ROUNDING));
    }
  }

  @Test
  void aloneTheFeedForwardNetworkIsNotRunAgainWithoutAttention() {
    List<BlockAblation> ablations = ablated(RandomGpt.values(CONFIG, 3), PROMPTS);
    Effect alone = effect(ablations, 0, BLOCKS - 1, Part.ATTENTION, Context.ALONE);
    Effect whole = effect(ablations, 0, BLOCKS - 1, Part.ATTENTION, Context.WHOLE);
    assertThat(alone.hellinger()).isNotCloseTo(whole.hellinger(), within(1e-3));
  }

  @Test
  void aPromptOfOneTokenHasNoOtherContextThanItself() {
    List<BlockAblation> ablations =
        ablated(RandomGpt.values(CONFIG, 3), new int[][] {{1}, {2}, {3}});
    for (int block = 0; block < BLOCKS; block++) {
      Effect alone = effect(ablations, 2, block, Part.FFN, Context.ALONE);
      Effect whole = effect(ablations, 2, block, Part.FFN, Context.WHOLE);
      assertThat(alone.hellinger()).isCloseTo(whole.hellinger(), within(ROUNDING));
    }
  }

  @Test
  void everyPromptHasEveryBlockAndRemovalOnce() {
    List<BlockAblation> ablations = ablated(RandomGpt.values(CONFIG, 3), PROMPTS);
    assertThat(ablations).hasSize(PROMPTS.length * BLOCKS);
    assertThat(ablations)
        .extracting(ablation -> List.of(ablation.prompt(), ablation.block()))
        .doesNotHaveDuplicates();
    assertThat(ablations).allSatisfy(ablation -> assertThat(ablation.effects()).hasSize(4));
  }

  @Test
  void normsObeyTheCosinesOfTheVectorsThatTheySum() {
    // out = (in + attention) + ffn, so |out - ffn|^2 = |in + attention|^2 by both cosines.
    for (BlockAblation ablation : ablated(RandomGpt.values(CONFIG, 3), PROMPTS)) {
      BlockAblation.BlockVectors vectors = ablation.vectors();
      double outWithoutFfn =
          square(vectors.normOut())
              + square(vectors.normFfn())
              - 2 * vectors.normOut() * vectors.normFfn() * vectors.cosineFfnOut();
      double inAndAttention =
          square(vectors.normIn())
              + square(vectors.normAttention())
              + 2 * vectors.normIn() * vectors.normAttention() * vectors.cosineInAttention();
      assertThat(outWithoutFfn).isCloseTo(inAndAttention, within(1e-4 * inAndAttention));
    }
  }

  private static double square(double x) {
    return x * x;
  }

  /** The model's own next-token distributions of the prompts. */
  private static double[][] predictions(Map<String, float[]> tensors) {
    try (ResidualStream model = RandomGpt.stream(CONFIG, tensors);
        ResidualStream.Pass pass = model.run(PROMPTS)) {
      float[] logits = pass.logits();
      double[][] predictions = new double[PROMPTS.length][TOKENS];
      for (int prompt = 0; prompt < PROMPTS.length; prompt++) {
        double sum = 0;
        for (int token = 0; token < TOKENS; token++) {
          predictions[prompt][token] = Math.exp(logits[prompt * TOKENS + token]);
          sum += predictions[prompt][token];
        }

        for (int token = 0; token < TOKENS; token++) {
          predictions[prompt][token] /= sum;
        }
      }

      return predictions;
    }
  }
}
