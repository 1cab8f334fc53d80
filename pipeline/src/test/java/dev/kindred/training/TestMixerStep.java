/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import com.fasterxml.jackson.databind.JsonNode;
import dev.kindred.model.MixerReference;
import dev.kindred.model.torch.DropoutMasks;
import dev.kindred.model.torch.TorchTraining;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A step of training masked mixers against PyTorch's in double precision. */
class TestMixerStep {
  private static final double RATE = 5e-4;

  private static List<MixerReference> all() {
    return MixerReference.all();
  }

  @ParameterizedTest
  @MethodSource("all")
  void aClippedStepIsThatOfTheReference(MixerReference mixer) {
    JsonNode json = mixer.json("expected.json");
    double clip = json.at("/steps/a/clip").asDouble();
    Map<String, float[]> expected = mixer.tensors("gradients.safetensors");
    try (Stepped stepped = new Stepped(mixer, 0, clip)) {
      assertThat(stepped.norm).isCloseTo(json.get("gradient_norm").asDouble(), within(1e-5));
      stepped.assertMoved("after.a.", expected);
      stepped.assertUnmoved(expected, mixer.weights());
    }
  }

  @ParameterizedTest
  @MethodSource("all")
  void aStepWithWeightDecayIsThatOfTheReference(MixerReference mixer) {
    Map<String, float[]> expected = mixer.tensors("gradients.safetensors");
    try (Stepped stepped = new Stepped(mixer, .1, 0)) {
      stepped.assertMoved("after.b.", expected);
    }
  }

  /** A model after its first step. */
  private static final class Stepped implements AutoCloseable {
    private final TorchTraining training;
    private final double norm;

    private Stepped(MixerReference mixer, double decay, double clip) {
      training = new TorchTraining(mixer.blueprint(), mixer.weights(), Device.cpu());
      AdamW optimizer = new AdamW(recipe(decay), training.weights());
      try (TorchTraining.Gradients gradients =
          training.gradients(mixer.sequences("full"), 1. / 22, new DropoutMasks(0, 0))) {
        norm = Trainer.norm(gradients.byName());
        double scale = clip > 0 ? Math.min(1, clip / norm) : 1;
        training
            .weights()
            .forEach(
                (name, weight) ->
                    optimizer.update(name, weight, gradients.byName().get(name), 1, scale));
      }
    }

    /**
     * Compares numbers whose derivative is so large that neither its rounding nor where epsilon is
     * added decides how far they go.
     */
    private void assertMoved(String prefix, Map<String, float[]> expected) {
      int compared = 0;
      for (Map.Entry<String, NDArray> weight : training.weights().entrySet()) {
        float[] after = expected.get(prefix + weight.getKey());
        float[] found = weight.getValue().toFloatArray();
        for (int i = 0; after != null && i < after.length; i++) {
          if (Math.abs(expected.get("grad." + weight.getKey())[i]) > 1e-4) {
            assertThat((double) found[i])
                .as("%s [%d]", weight.getKey(), i)
                .isCloseTo(after[i], within(RATE / 100));
            compared++;
          }
        }
      }

      assertThat(compared).isGreaterThan(60);
    }

    /** Where nothing can be learnt, nothing moves. */
    private void assertUnmoved(Map<String, float[]> expected, Map<String, float[]> begun) {
      for (Map.Entry<String, NDArray> weight : training.weights().entrySet()) {
        float[] gradient = expected.get("grad." + weight.getKey());
        float[] found = weight.getValue().toFloatArray();
        for (int i = 0; i < found.length; i++) {
          if (gradient[i] == 0) {
            assertThat(found[i])
                .as("%s [%d]", weight.getKey(), i)
                .isEqualTo(begun.get(weight.getKey())[i]);
          }
        }
      }
    }

    @Override
    public void close() {
      training.close();
    }
  }

  private static Recipe recipe(double decay) {
    return new Recipe(
        1,
        1,
        8,
        List.of(0., 0., 0., 1.),
        RATE,
        RATE,
        0,
        Recipe.Decay.COSINE,
        0,
        .9,
        .999,
        decay,
        Recipe.DecayedWeights.MATRICES,
        0,
        0,
        1,
        1);
  }
}
