/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model;

import ai.djl.Device;
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

  static Gpt load(Gpt.Config config, long seed) {
    Random random = new Random(seed);
    StringJoiner header = new StringJoiner(",", "{", "}");
    ByteBuffer data = ByteBuffer.allocate(bytes(config)).order(ByteOrder.LITTLE_ENDIAN);
    for (Map.Entry<String, long[]> tensor : config.tensors().entrySet()) {
      int begin = data.position();
      long size = Arrays.stream(tensor.getValue()).reduce(1, Math::multiplyExact);
      boolean scale = tensor.getKey().matches(".*ln_.*weight");
      for (long i = 0; i < size; i++) {
        data.putFloat((float) (random.nextGaussian() * .3 + (scale ? 1 : 0)));
      }

      header.add(
          String.format(
              "\"%s\":{\"dtype\":\"F32\",\"shape\":%s,\"data_offsets\":[%d,%d]}",
              tensor.getKey(), Arrays.toString(tensor.getValue()), begin, data.position()));
    }

    byte[] json = header.toString().getBytes(StandardCharsets.UTF_8);
    ByteBuffer file = ByteBuffer.allocate(8 + json.length + data.capacity());
    file.order(ByteOrder.LITTLE_ENDIAN).putLong(json.length).put(json).put(data.array());
    return Gpt.load(config, Safetensors.parse("random", file.array()), Device.cpu());
  }

  private static int bytes(Gpt.Config config) {
    long floats = 0;
    for (long[] shape : config.tensors().values()) {
      floats += Arrays.stream(shape).reduce(1, Math::multiplyExact);
    }

    return Math.toIntExact(Float.BYTES * floats);
  }
}
