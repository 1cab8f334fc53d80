/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model.torch;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.kindred.DjlEngine;
import dev.kindred.model.architecture.Linear;
import dev.kindred.model.architecture.Linear.Layout;
import dev.kindred.model.architecture.Linear.Stored;
import dev.kindred.model.architecture.Tensors;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TestTorchWeights {

  @ParameterizedTest
  @ValueSource(ints = {1, 6, 13, 20, 35, 36})
  void arraysAreMadeOfPartsThatTheEngineTakes(int mostAtOnce) {
    DjlEngine.load();
    float[] values = numbers(35);
    try (NDManager manager = NDManager.newBaseManager(Device.cpu(), "PyTorch")) {
      NDArray array = TorchWeights.Read.create(manager, values, new Shape(7, 5), mostAtOnce);
      assertThat(array.getShape()).isEqualTo(new Shape(7, 5));
      assertThat(array.toFloatArray()).isEqualTo(values);
    }
  }

  /** Two heads with queries, keys and values of two numbers each, of one input. */
  @Test
  void mapsAreTakenOutOfWhatIsStoredTogether() {
    Map<Linear, float[]> rows =
        Map.of(
            stored(Layout.BY_OUTPUT).ofHeads(2, 3, 0), new float[] {0, 1, 6, 7},
            stored(Layout.BY_OUTPUT).ofHeads(2, 3, 2), new float[] {4, 5, 10, 11},
            stored(Layout.BY_INPUT).ofHeads(2, 3, 1), new float[] {2, 3, 8, 9},
            stored(Layout.BY_INPUT).rows(3, 6), new float[] {3, 4, 5});
    DjlEngine.load();
    Tensors tensors = name -> numbers(12);
    rows.forEach(
        (map, expected) -> {
          assertThat(map.weight(tensors)).isEqualTo(expected);
          assertThat(map.bias(tensors)).isEqualTo(expected);
          try (NDManager manager = NDManager.newBaseManager(Device.cpu(), "PyTorch")) {
            Shape shape =
                map.stored().layout() == Layout.BY_OUTPUT ? new Shape(12, 1) : new Shape(1, 12);
            TorchWeights weights =
                new TorchWeights.Shared(
                    manager,
                    Map.of(
                        "weight", manager.create(numbers(12), shape),
                        "bias", manager.create(numbers(12))));
            TorchLinear linear = weights.linear(map);
            assertThat(linear.transposed().toFloatArray()).isEqualTo(expected);
            assertThat(linear.bias().toFloatArray()).isEqualTo(expected);
          }
        });
  }

  private static Stored stored(Layout layout) {
    return new Stored("weight", "bias", 12, 1, layout);
  }

  private static float[] numbers(int count) {
    float[] numbers = new float[count];
    IntStream.range(0, count).forEach(i -> numbers[i] = i);
    return numbers;
  }
}
