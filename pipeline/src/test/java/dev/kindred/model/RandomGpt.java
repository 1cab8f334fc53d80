/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model;

import ai.djl.Device;
import dev.kindred.kernel.TileKernels;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;

/** Models with random weights, for variants that no bundled model has. */
public final class RandomGpt {
  private RandomGpt() {}

  static Gpt inEngine(GptConfig config, long seed) {
    return Gpt.load(config, tensors(config, seed), Device.cpu());
  }

  /** A small one of two blocks, whose residual stream can be seen. */
  public static TappedGpt tapped(int vocabulary, int dimension, long seed) {
    GptConfig config =
        new GptConfig(
            vocabulary,
            dimension,
            2,
            2,
            2 * dimension,
            8,
            GptConfig.Activation.GELU,
            true,
            true,
            false,
            true,
            1e-5f);
    return TappedGpt.load(config, tensors(config, seed), Device.cpu());
  }

  /** With scalar or SIMD kernels. */
  static GptOnCpu onCpu(GptConfig config, long seed, TileKernels.Choice kernel) {
    return new GptOnCpu(config, tensors(config, seed), TileKernels.get(kernel));
  }

  /** Every tensor by name, row-major. */
  public static Map<String, float[]> values(GptConfig config, long seed) {
    Random random = new Random(seed);
    Map<String, float[]> values = new LinkedHashMap<>();
    for (Map.Entry<String, long[]> tensor : config.tensors().entrySet()) {
      long size = Arrays.stream(tensor.getValue()).reduce(1, Math::multiplyExact);
      boolean gain = tensor.getKey().matches(".*ln_.*weight");
      int inputs = (int) tensor.getValue()[tensor.getValue().length - 1];
      double deviation = tensor.getValue().length == 1 ? .3 : 1.5 / Math.sqrt(inputs);
      float[] floats = new float[(int) size];
      for (int i = 0; i < size; i++) {
        floats[i] = (float) (random.nextGaussian() * deviation + (gain ? 1 : 0));
      }

      values.put(tensor.getKey(), floats);
    }

    return values;
  }

  /** A model whose residual stream can be seen, of given tensors. */
  public static TappedGpt tapped(GptConfig config, Map<String, float[]> values) {
    return TappedGpt.load(config, tensors(config, values), Device.cpu());
  }

  private static Safetensors tensors(GptConfig config, long seed) {
    return tensors(config, values(config, seed));
  }

  private static Safetensors tensors(GptConfig config, Map<String, float[]> values) {
    ByteArrayOutputStream file = new ByteArrayOutputStream();
    try {
      Safetensors.write(file, config.tensors(), values::get, Safetensors.Dtype.F32, Map.of());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }

    return Safetensors.parse("random", file.toByteArray());
  }
}
