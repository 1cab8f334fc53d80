/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import dev.kindred.model.LanguageModel;
import dev.kindred.model.RandomGpt;
import dev.kindred.model.architecture.Activation;
import dev.kindred.model.architecture.Blueprint;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class TestTorchTraining {
  private static final DropoutMasks NO_DROPOUT = new DropoutMasks(0, 0);
  private static final int[][] SEQUENCES = {
    {1, 2, 3, 4, 5, 6}, {9, 8, 7, 6, 5, 4}, {2, 2, 2, 0, 10, 3}
  };

  @ParameterizedTest
  @EnumSource(
      value = Activation.class,
      names = {"RELU", "GELU"})
  void theLossIsThatOfTheModelsPredictions(Activation activation) {
    Blueprint config = config(activation);
    double expected = 0;
    try (LanguageModel model = RandomGpt.inEngine(config, 5)) {
      for (int[] sequence : SEQUENCES) {
        for (int end = 1; end < sequence.length; end++) {
          float[] probabilities =
              model.predict(new int[][] {Arrays.copyOf(sequence, end)}).probabilities();
          expected -= Math.log(probabilities[sequence[end]]);
        }
      }
    }

    try (TorchTraining trainable = trainable(config, RandomGpt.values(config, 5))) {
      assertThat(trainable.nats(SEQUENCES)).isCloseTo(expected, within(1e-5 * expected));
      try (TorchTraining.Gradients gradients = trainable.gradients(SEQUENCES, 1, NO_DROPOUT)) {
        assertThat(gradients.nats()).isCloseTo(expected, within(1e-5 * expected));
      }
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = Activation.class,
      names = {"RELU", "GELU"})
  void gradientsAreTheSlopesOfTheLoss(Activation activation) {
    Blueprint config = config(activation);
    Map<String, float[]> values = RandomGpt.values(config, 6);
    Map<String, float[]> gradients = gradients(config, values, .5);
    Random random = new Random(7);
    for (String name : values.keySet()) {
      float[] direction = new float[values.get(name).length];
      double slope = 0;
      for (int i = 0; i < direction.length; i++) {
        direction[i] = (float) (random.nextGaussian() / Math.sqrt(direction.length));
        slope += direction[i] * gradients.get(name)[i];
      }

      double step = 4e-3;
      double found =
          .5
              * (nats(config, moved(values, name, direction, step))
                  - nats(config, moved(values, name, direction, -step)))
              / (2 * step);
      assertThat(found).as(name).isCloseTo(slope, within(.03 * Math.abs(slope) + 4e-3));
    }
  }

  @Test
  void gradientsOfSomePredictionsAndOfTheOthersAddUp() {
    Blueprint config = config(Activation.RELU);
    boolean[][] some = new boolean[SEQUENCES.length][SEQUENCES[0].length - 1];
    boolean[][] others = new boolean[SEQUENCES.length][SEQUENCES[0].length - 1];
    for (int i = 0; i < some.length * some[0].length; i++) {
      some[i / some[0].length][i % some[0].length] = i % 3 == 0;
      others[i / some[0].length][i % some[0].length] = i % 3 != 0;
    }

    try (TorchTraining trainable = trainable(config, RandomGpt.values(config, 11));
        TorchTraining.Gradients all = trainable.gradients(SEQUENCES, 1, NO_DROPOUT);
        TorchTraining.Gradients ofSome = trainable.gradients(SEQUENCES, some, 1, NO_DROPOUT);
        TorchTraining.Gradients rest = trainable.gradients(SEQUENCES, others, 1, NO_DROPOUT)) {
      float[] losses = trainable.losses(SEQUENCES);
      double expected = 0;
      for (int i = 0; i < losses.length; i += 3) {
        expected += losses[i];
      }

      assertThat(ofSome.nats()).isCloseTo(expected, within(1e-4));
      assertThat(ofSome.nats() + rest.nats()).isCloseTo(all.nats(), within(1e-4));
      all.byName()
          .forEach(
              (name, gradient) -> {
                float[] whole = gradient.toFloatArray();
                float[] first = ofSome.byName().get(name).toFloatArray();
                float[] second = rest.byName().get(name).toFloatArray();
                for (int i = 0; i < whole.length; i++) {
                  assertThat(first[i] + second[i]).as(name).isCloseTo(whole[i], within(1e-4f));
                }
              });
    }
  }

  @Test
  void endsAreWhatTheModelPredicts() {
    Blueprint config = config(Activation.GELU);
    try (LanguageModel model = RandomGpt.inEngine(config, 12);
        TorchTraining trainable = trainable(config, RandomGpt.values(config, 12))) {
      float[] expected = model.predict(SEQUENCES).probabilities();
      float[] found = trainable.ends(SEQUENCES).logProbabilities();
      for (int i = 0; i < expected.length; i++) {
        assertThat(Math.exp(found[i])).isCloseTo(expected[i], within(1e-6));
      }
    }
  }

  @Test
  void gradientsHaveTheSameBitsInAnyThreadAtAnyTime() {
    Blueprint config = config(Activation.RELU);
    Map<String, float[]> values = RandomGpt.values(config, 8);
    try (TorchTraining trainable = trainable(config, values)) {
      Map<String, float[]> expected = gradients(trainable, 9);
      IntStream.range(0, 100)
          .parallel()
          .forEach(
              i ->
                  gradients(trainable, 9)
                      .forEach(
                          (name, found) ->
                              assertThat(found).as(name).isEqualTo(expected.get(name))));
    }
  }

  @Test
  void droppingLeavesTheMeanOfManyLosses() {
    Blueprint config = config(Activation.RELU);
    try (TorchTraining trainable = trainable(config, RandomGpt.values(config, 10))) {
      double first = nats(trainable, 1);

      assertThat(nats(trainable, 1)).as("same seed").isEqualTo(first);
      assertThat(nats(trainable, 2)).as("other seed").isNotEqualTo(first);
      assertThat(trainable.nats(SEQUENCES)).as("none in evaluation").isNotEqualTo(first);
    }
  }

  private static double nats(TorchTraining trainable, long dropoutSeed) {
    try (TorchTraining.Gradients gradients =
        trainable.gradients(SEQUENCES, 1, new DropoutMasks(.1, dropoutSeed))) {
      return gradients.nats();
    }
  }

  private static Map<String, float[]> gradients(TorchTraining trainable, long dropoutSeed) {
    try (TorchTraining.Gradients gradients =
        trainable.gradients(SEQUENCES, 1, new DropoutMasks(.1, dropoutSeed))) {
      return floats(gradients.byName());
    }
  }

  private static Map<String, float[]> gradients(
      Blueprint config, Map<String, float[]> values, double scale) {
    try (TorchTraining trainable = trainable(config, values);
        TorchTraining.Gradients gradients = trainable.gradients(SEQUENCES, scale, NO_DROPOUT)) {
      return floats(gradients.byName());
    }
  }

  private static Map<String, float[]> floats(Map<String, NDArray> arrays) {
    Map<String, float[]> floats = new LinkedHashMap<>();
    arrays.forEach((name, array) -> floats.put(name, array.toFloatArray()));
    return floats;
  }

  private static double nats(Blueprint config, Map<String, float[]> values) {
    try (TorchTraining trainable = trainable(config, values)) {
      return trainable.nats(SEQUENCES);
    }
  }

  private static Map<String, float[]> moved(
      Map<String, float[]> values, String name, float[] direction, double step) {
    float[] weight = values.get(name).clone();
    for (int i = 0; i < weight.length; i++) {
      weight[i] += (float) (step * direction[i]);
    }

    Map<String, float[]> moved = new LinkedHashMap<>(values);
    moved.put(name, weight);
    return moved;
  }

  private static TorchTraining trainable(Blueprint config, Map<String, float[]> values) {
    return new TorchTraining(config, values, Device.cpu());
  }

  private static Blueprint config(Activation activation) {
    return RandomGpt.blueprint(
        11, 12, 2, 3, 20, 8, activation, true, true, activation == Activation.GELU, true, 1e-5f);
  }

  @Test
  void masksKeepTheirShareAndTheMean() {
    DropoutMasks masks = new DropoutMasks(.3, 11);
    try (TorchTraining any =
        trainable(config(Activation.RELU), RandomGpt.values(config(Activation.RELU), 1))) {
      NDArray ones =
          any.weights()
              .get("wte.weight")
              .getManager()
              .ones(new ai.djl.ndarray.types.Shape(100_003));
      float[] first = masks.apply(ones).toFloatArray();
      float[] second = masks.apply(ones).toFloatArray();

      assertThat(List.of(first, second))
          .allSatisfy(
              mask -> {
                double kept = IntStream.range(0, mask.length).filter(i -> mask[i] > 0).count();
                assertThat(kept / mask.length).isCloseTo(.7, within(.01));
                assertThat(
                        IntStream.range(0, mask.length)
                            .mapToDouble(i -> mask[i])
                            .average()
                            .orElseThrow())
                    .isCloseTo(1, within(.01));
              });
      assertThat(first).isNotEqualTo(second);
    }
  }
}
