/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model;

import ai.djl.Device;
import dev.kindred.kernel.TileKernels;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import java.util.StringJoiner;

/** Models with random weights, for variants that no bundled model has. */
final class RandomGpt {
  private RandomGpt() {}

  static Gpt inEngine(GptConfig config, long seed) {
    return Gpt.load(config, tensors(config, seed), Device.cpu());
  }

  /** With scalar or SIMD kernels. */
  static GptOnCpu onCpu(GptConfig config, long seed, TileKernels.Choice kernel) {
    return new GptOnCpu(config, tensors(config, seed), TileKernels.get(kernel));
  }

  private static Safetensors tensors(GptConfig config, long seed) {
    Random random = new Random(seed);
    StringJoiner header = new StringJoiner(",", "{", "}");
    ByteBuffer data = ByteBuffer.allocate(bytes(config)).order(ByteOrder.LITTLE_ENDIAN);
    for (Map.Entry<String, long[]> tensor : config.tensors().entrySet()) {
      int begin = data.position();
      long size = Arrays.stream(tensor.getValue()).reduce(1, Math::multiplyExact);
      boolean gain = tensor.getKey().matches(".*ln_.*weight");
      int inputs = (int) tensor.getValue()[tensor.getValue().length - 1];
      double deviation = tensor.getValue().length == 1 ? .3 : 1.5 / Math.sqrt(inputs);
      for (long i = 0; i < size; i++) {
        data.putFloat((float) (random.nextGaussian() * deviation + (gain ? 1 : 0)));
      }

      header.add(
          String.format(
              "\"%s\":{\"dtype\":\"F32\",\"shape\":%s,\"data_offsets\":[%d,%d]}",
              tensor.getKey(), Arrays.toString(tensor.getValue()), begin, data.position()));
    }

    byte[] json = header.toString().getBytes(StandardCharsets.UTF_8);
    ByteBuffer file = ByteBuffer.allocate(8 + json.length + data.capacity());
    file.order(ByteOrder.LITTLE_ENDIAN).putLong(json.length).put(json).put(data.array());
    return Safetensors.parse("random", file.array());
  }

  private static int bytes(GptConfig config) {
    long floats = 0;
    for (long[] shape : config.tensors().values()) {
      floats += Arrays.stream(shape).reduce(1, Math::multiplyExact);
    }

    return Math.toIntExact(Float.BYTES * floats);
  }
}
