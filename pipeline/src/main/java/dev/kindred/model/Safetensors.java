/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.kindred.InvalidInput;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Tensors in the safetensors format: eight bytes with the header's length, a JSON header with each
 * tensor's dtype, shape and place, then the data, little-endian and row-major.
 *
 * <p>Read here and not by DJL, whose decoder ends the whole process on a dtype that it does not
 * know. Kindred widens F16 to float32 and takes F32 as it is.
 */
public final class Safetensors {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int HEADER_LENGTH_BYTES = 8;

  private final String source;
  private final byte[] file;
  private final int dataStart;
  private final Map<String, Tensor> tensors;

  private Safetensors(String source, byte[] file, int dataStart, Map<String, Tensor> tensors) {
    this.source = source;
    this.file = file;
    this.dataStart = dataStart;
    this.tensors = tensors;
  }

  /**
   * One tensor's entry in the header.
   *
   * @param dtype as written in the file, e.g. F16
   * @param begin first byte, from the start of the data
   * @param end byte after the last
   */
  public record Tensor(String name, String dtype, long[] shape, long begin, long end) {
    private int elements() {
      return Math.toIntExact(Arrays.stream(shape).reduce(1, Math::multiplyExact));
    }
  }

  /**
   * Reads the header and checks that every tensor lies in the file.
   *
   * @param source the file's name, for messages
   */
  public static Safetensors parse(String source, byte[] file) {
    if (file.length < HEADER_LENGTH_BYTES) {
      throw new InvalidInput("%s: %d bytes are too few for safetensors", source, file.length);
    }

    long headerLength = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).getLong();
    if (headerLength < 2 || headerLength > file.length - HEADER_LENGTH_BYTES) {
      throw new InvalidInput(
          "%s: not safetensors, or cut short: header of %d bytes in a file of %d",
          source, headerLength, file.length);
    }

    JsonNode header;
    try {
      header = JSON.readTree(file, HEADER_LENGTH_BYTES, (int) headerLength);
    } catch (IOException e) {
      throw new InvalidInput("%s: not safetensors: its header is not JSON", source);
    }

    int dataStart = HEADER_LENGTH_BYTES + (int) headerLength;
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> entry : header.properties()) {
      if (!entry.getKey().equals("__metadata__")) {
        tensors.put(
            entry.getKey(),
            tensor(source, entry.getKey(), entry.getValue(), file.length - dataStart));
      }
    }

    return new Safetensors(source, file, dataStart, tensors);
  }

  private static Tensor tensor(String source, String name, JsonNode entry, long dataLength) {
    JsonNode offsets = entry.path("data_offsets");
    if (!entry.path("dtype").isTextual() || !entry.path("shape").isArray() || offsets.size() != 2) {
      throw new InvalidInput("%s: tensor %s has no dtype, shape or data_offsets", source, name);
    }

    long[] shape = new long[entry.get("shape").size()];
    for (int i = 0; i < shape.length; i++) {
      shape[i] = entry.get("shape").get(i).asLong();
    }

    long begin = offsets.get(0).asLong();
    long end = offsets.get(1).asLong();
    if (begin < 0 || end < begin || end > dataLength) {
      throw new InvalidInput(
          "%s: tensor %s lies outside the file (bytes %d to %d of %d); is the file cut short?",
          source, name, begin, end, dataLength);
    }

    return new Tensor(name, entry.get("dtype").asText(), shape, begin, end);
  }

  /**
   * Checks that the file holds exactly these tensors, in a dtype that Kindred takes, and only
   * finite values.
   *
   * @param expected name to shape
   */
  public void check(Map<String, long[]> expected) {
    for (Map.Entry<String, long[]> entry : expected.entrySet()) {
      Tensor tensor = tensors.get(entry.getKey());
      if (tensor == null) {
        throw new InvalidInput("%s: tensor %s is missing", source, entry.getKey());
      }

      checkShape(tensor, entry.getValue());
      checkFinite(tensor);
    }

    for (String name : tensors.keySet()) {
      if (!expected.containsKey(name)) {
        throw new InvalidInput("%s: tensor %s is not part of this architecture", source, name);
      }
    }
  }

  private void checkShape(Tensor tensor, long[] expected) {
    if (!Arrays.equals(tensor.shape(), expected)) {
      throw new InvalidInput(
          "%s: tensor %s has shape %s, expected %s by config.json",
          source, tensor.name(), Arrays.toString(tensor.shape()), Arrays.toString(expected));
    }

    if (tensor.end() - tensor.begin() != (long) tensor.elements() * bytesPerElement(tensor)) {
      throw new InvalidInput(
          "%s: tensor %s has %d bytes, too many or too few for shape %s in %s",
          source,
          tensor.name(),
          tensor.end() - tensor.begin(),
          Arrays.toString(tensor.shape()),
          tensor.dtype());
    }
  }

  private int bytesPerElement(Tensor tensor) {
    return switch (tensor.dtype()) {
      case "F16" -> Short.BYTES;
      case "F32" -> Float.BYTES;
      default ->
          throw new InvalidInput(
              "%s: tensor %s has dtype %s, supported are F16 and F32; convert the file",
              source, tensor.name(), tensor.dtype());
    };
  }

  private void checkFinite(Tensor tensor) {
    float[] values = floats(tensor);
    for (int i = 0; i < values.length; i++) {
      if (!Float.isFinite(values[i])) {
        throw new InvalidInput(
            "%s: tensor %s has a value that is not finite: %s at element %d",
            source, tensor.name(), values[i], i);
      }
    }
  }

  /** All tensors, in the file's order. */
  public List<Tensor> tensors() {
    return new ArrayList<>(tensors.values());
  }

  /** A tensor's values in float32, row-major. */
  public float[] floats(Tensor tensor) {
    int bytes = bytesPerElement(tensor);
    ByteBuffer data =
        ByteBuffer.wrap(file, dataStart + (int) tensor.begin(), tensor.elements() * bytes)
            .order(ByteOrder.LITTLE_ENDIAN);
    float[] values = new float[tensor.elements()];
    if (bytes == Float.BYTES) {
      data.asFloatBuffer().get(values);
    } else {
      for (int i = 0; i < values.length; i++) {
        values[i] = halfToFloat(data.getShort());
      }
    }

    return values;
  }

  /** The float32 with the value of an IEEE 754 binary16, exactly. */
  static float halfToFloat(short half) {
    int sign = (half & 0x8000) << 16;
    int exponent = (half >> 10) & 0x1f;
    int fraction = half & 0x3ff;
    if (exponent == 0) {
      float magnitude = fraction * 0x1p-24f; // zero and subnormals
      return sign == 0 ? magnitude : -magnitude;
    }

    int floatExponent = exponent == 0x1f ? 0xff : exponent - 15 + 127;
    return Float.intBitsToFloat(sign | floatExponent << 23 | fraction << 13);
  }
}
