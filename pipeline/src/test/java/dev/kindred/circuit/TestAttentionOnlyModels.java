/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.circuit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import com.fasterxml.jackson.databind.JsonNode;
import dev.kindred.model.BlockVector;
import dev.kindred.model.Hook;
import dev.kindred.model.HookPoint;
import dev.kindred.model.LanguageModel;
import dev.kindred.model.ResidualStream;
import dev.kindred.model.ResidualStream.Pass;
import dev.kindred.model.architecture.Blueprint;
import dev.kindred.model.cpu.CpuModel;
import dev.kindred.model.torch.TorchModel;
import dev.kindred.model.torch.TorchStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Models whose blocks have no feed-forward network, and some no norms either. */
class TestAttentionOnlyModels {
  private static final double CLOSE = 2e-5;

  private static int[][] ids(JsonNode sequences) {
    int[][] ids = new int[sequences.size()][];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = new int[sequences.get(i).size()];
      for (int t = 0; t < ids[i].length; t++) {
        ids[i][t] = sequences.get(i).get(t).asInt();
      }
    }

    return ids;
  }

  private static ResidualStream stream(String name) {
    return TorchStream.load(CircuitCase.blueprint(name), CircuitCase.tensors(name), Device.cpu());
  }

  @ParameterizedTest
  @ValueSource(strings = {"attention-only-plain", "attention-only-ln"})
  void predictWhatTheReferencePredicts(String name) {
    JsonNode expected = CircuitCase.json(name + "/expected.json");
    JsonNode logits = expected.get("model_logits_last_position");
    int[][] ids = ids(expected.get("token_ids"));
    try (ResidualStream stream = stream(name);
        Pass pass = stream.run(ids)) {
      float[] found = pass.logits();
      for (int i = 0; i < found.length; i++) {
        int vocabulary = found.length / ids.length;
        assertThat((double) found[i])
            .isCloseTo(logits.get(i / vocabulary).get(i % vocabulary).asDouble(), within(CLOSE));
      }
    }
  }

  @Test
  void theModelThatWasMadeByHandFindsWhatFollowedBefore() {
    JsonNode stimulus = CircuitCase.json("induction-plain/expected.json").get("bos");
    int[][] ids = ids(stimulus.get("token_ids"));
    int length = ids[0].length;
    int half = length / 2; // tokens of a permutation, after the first token
    try (ResidualStream stream = stream("induction-plain");
        Pass pass = stream.run(ids)) {
      float[] before = pass.all(0, HookPoint.PATTERN); // [B, 2, T, T]
      float[] found = pass.all(1, HookPoint.PATTERN);
      for (int sequence = 0; sequence < ids.length; sequence++) {
        int head = 2 * sequence * length * length;
        for (int t = half + 1; t + 1 < length; t++) {
          assertThat(before[head + t * length + t - 1]).isCloseTo(1f, within(1e-6f));
          assertThat(found[head + t * length + t - half + 1]).isCloseTo(1f, within(1e-6f));
        }
      }
    }
  }

  @Test
  void haveNoHooksOfWhatTheyDoNotHave() {
    try (ResidualStream plain = stream("attention-only-plain");
        ResidualStream normed = stream("attention-only-ln")) {
      assertThat(plain.hooks())
          .extracting(Hook::point)
          .doesNotContain(
              HookPoint.MLP_OUT,
              HookPoint.RESID_MID,
              HookPoint.LN1_SCALE,
              HookPoint.LN2_SCALE,
              HookPoint.FINAL_SCALE);
      assertThat(normed.hooks())
          .extracting(Hook::point)
          .contains(HookPoint.LN1_SCALE, HookPoint.FINAL_SCALE)
          .doesNotContain(HookPoint.MLP_OUT, HookPoint.LN2_SCALE);
    }
  }

  @Test
  void areTheEnginesAndHaveNoNetworks() {
    Blueprint blueprint = CircuitCase.blueprint("attention-only-ln");
    assertThat(CpuModel.supports(blueprint)).isFalse();
    assertThat(blueprint.hasNetworks()).isFalse();
    assertThat(blueprint.tensors().keySet()).noneMatch(tensor -> tensor.contains("mlp"));
    try (LanguageModel model =
        TorchModel.load(blueprint, CircuitCase.tensors("attention-only-ln"), Device.cpu())) {
      float[][] outputs = model.vectors(BlockVector.FFN_OUT, new int[][] {{1, 2, 3}});
      assertThat(Stream.of(outputs)).allSatisfy(values -> assertThat(values).containsOnly(0f));
    }
  }
}
