/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model.architecture;

import dev.kindred.math.SplitMix;
import java.util.Arrays;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * The weights of a model before it is trained. A tensor's numbers depend on the seed and its name
 * alone, so that each can be made by itself, in any process.
 */
final class InitialWeights implements Tensors {
  private final Map<String, Tensor> tensors;
  private final Initialization initialization;
  private final long seed;

  /**
   * Of a model.
   *
   * @param tensors by name
   */
  InitialWeights(Map<String, Tensor> tensors, Initialization initialization, long seed) {
    this.tensors = tensors;
    this.initialization = initialization;
    this.seed = seed;
  }

  @Override
  public float[] floats(String name) {
    Tensor tensor = tensors.get(name);
    float[] values =
        new float[Math.toIntExact(Arrays.stream(tensor.shape()).reduce(1, Math::multiplyExact))];
    switch (tensor.start()) {
      case NORMAL -> fill(values, name);
      case ONES -> Arrays.fill(values, 1);
      case ZEROS -> {}
    }

    return values;
  }

  private void fill(float[] values, String name) {
    long mixed = SplitMix.hash(seed);
    for (int i = 0; i < name.length(); i++) {
      mixed = SplitMix.hash(mixed ^ name.charAt(i));
    }

    SplittableRandom random = new SplittableRandom(mixed);
    double deviation = initialization.deviation(name);
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (deviation * random.nextGaussian());
    }
  }
}
