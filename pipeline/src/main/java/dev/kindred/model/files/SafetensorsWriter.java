/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model.files;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.kindred.math.Half;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Map;
import java.util.function.Function;

/** Writes files that {@link Safetensors} reads. */
public final class SafetensorsWriter {
  private static final ObjectMapper JSON = new ObjectMapper();

  private SafetensorsWriter() {}

  /**
   * Writes a file.
   *
   * @param shapes name to shape, in the file's order
   * @param values name to values, row-major; F16 rounds them to the nearest, ties to even
   * @param metadata what the file says about itself
   */
  public static void write(
      OutputStream out,
      Map<String, long[]> shapes,
      Function<String, float[]> values,
      Safetensors.Dtype dtype,
      Map<String, String> metadata)
      throws IOException {
    ObjectNode header = JSON.createObjectNode();
    if (!metadata.isEmpty()) {
      ObjectNode about = header.putObject(Safetensors.METADATA);
      metadata.forEach(about::put);
    }

    long end = 0;
    for (Map.Entry<String, long[]> tensor : shapes.entrySet()) {
      ObjectNode entry = header.putObject(tensor.getKey()).put("dtype", dtype.name());
      ArrayNode shape = entry.putArray("shape");
      Arrays.stream(tensor.getValue()).forEach(shape::add);
      long begin = end;
      end += Arrays.stream(tensor.getValue()).reduce(dtype.bytes, Math::multiplyExact);
      entry.putArray("data_offsets").add(begin).add(end);
    }

    byte[] json = JSON.writeValueAsBytes(header);
    // Data begins at a multiple of eight, as the format recommends: the header ends in spaces.
    int padded = (json.length + Long.BYTES - 1) / Long.BYTES * Long.BYTES;
    ByteBuffer head = ByteBuffer.allocate(Safetensors.HEADER_LENGTH_BYTES + padded);
    Arrays.fill(head.array(), (byte) ' ');
    out.write(head.order(ByteOrder.LITTLE_ENDIAN).putLong(padded).put(json).array());
    for (String name : shapes.keySet()) {
      out.write(bytes(values.apply(name), dtype));
    }
  }

  private static byte[] bytes(float[] values, Safetensors.Dtype dtype) {
    ByteBuffer data =
        ByteBuffer.allocate(Math.multiplyExact(values.length, dtype.bytes))
            .order(ByteOrder.LITTLE_ENDIAN);
    for (float value : values) {
      if (dtype == Safetensors.Dtype.F16) {
        data.putShort(Half.of(value));
      } else {
        data.putFloat(value);
      }
    }

    return data.array();
  }
}
