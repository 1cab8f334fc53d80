/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import dev.kindred.model.architecture.Blueprint;
import dev.kindred.model.torch.TorchModel;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class TestWithFirstToken {
  private static final int TOKEN = 3;

  @Test
  void findsWhatTheModelFindsForSequencesThatBeginWithIt() {
    Blueprint blueprint = RandomBlueprint.of(1);
    Map<String, float[]> values = RandomBlueprint.values(blueprint, 1);
    int[][] sequences = TestPrefixTree.sequences(new Random(1), 30, 5, 4);
    int[][] inputs = new int[sequences.length][];
    for (int i = 0; i < inputs.length; i++) {
      inputs[i] = new int[6];
      inputs[i][0] = TOKEN;
      System.arraycopy(sequences[i], 0, inputs[i], 1, 5);
    }

    PrefixTree tree = PrefixTree.of(sequences);
    PrefixTree ofInputs = PrefixTree.of(inputs);
    try (LanguageModel model = TorchModel.load(blueprint, values::get, Device.cpu())) {
      LanguageModel first = new WithFirstToken(model, TOKEN); // closes nothing else
      assertThat(first.ffnOutputs(tree)).isDeepEqualTo(model.ffnOutputs(ofInputs));
      assertThat(first.ffnOutputs(sequences)).isDeepEqualTo(model.ffnOutputs(inputs));
      assertThat(first.predict(tree).probabilities())
          .isEqualTo(model.predict(ofInputs).probabilities());
      assertThat(first.predict(sequences).probabilities())
          .isEqualTo(model.predict(inputs).probabilities());
      assertThat(first.operations(tree.levels())).isEqualTo(model.operations(ofInputs.levels()));
      assertThat(first.evaluationMemory(tree.nodes(), 5))
          .isEqualTo(model.evaluationMemory(ofInputs.nodes(), 6));
      assertThat(ofInputs.levels()[0]).isEqualTo(1);
      assertThat(first.residualStreams(tree, 2, 4))
          .isDeepEqualTo(model.residualStreams(ofInputs, 3, 5));
    }
  }

  @Test
  void movesTokensThatStandAtOtherPositions() {
    Blueprint blueprint = RandomBlueprint.of(1);
    Map<String, float[]> values = RandomBlueprint.values(blueprint, 1);
    int[] positions = {1, 3, 4};
    try (LanguageModel model = TorchModel.load(blueprint, values::get, Device.cpu())) {
      float[][] found =
          new WithFirstToken(model, TOKEN)
              .residualStreams(PrefixTree.of(new int[][] {{5, 1, 2}}, positions), 2);
      assertThat(found)
          .isDeepEqualTo(
              model.residualStreams(
                  PrefixTree.of(new int[][] {{TOKEN, 5, 1, 2}}, new int[] {0, 2, 4, 5}), 3));
    }
  }
}
