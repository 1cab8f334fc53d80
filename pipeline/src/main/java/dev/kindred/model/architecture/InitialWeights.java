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
    initialization.begin(tensor, random(name), values);
    return values;
  }

  private SplittableRandom random(String name) {
    long mixed = SplitMix.hash(seed);
    for (int i = 0; i < name.length(); i++) {
      mixed = SplitMix.hash(mixed ^ name.charAt(i));
    }

    return new SplittableRandom(mixed);
  }
}
