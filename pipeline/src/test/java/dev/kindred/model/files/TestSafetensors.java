/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model.files;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.kindred.DjlEngine;
import dev.kindred.math.Half;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class TestSafetensors {

  @Test
  void everyHalfWidensAsTheEngineWidensIt() {
    DjlEngine.load();
    ByteBuffer halves = ByteBuffer.allocateDirect(2 << 16).order(ByteOrder.nativeOrder());
    for (int bits = 0; bits < 1 << 16; bits++) {
      halves.putShort((short) bits);
    }

    try (NDManager manager = NDManager.newBaseManager()) {
      NDArray array = manager.create(halves.flip(), new Shape(1 << 16), DataType.FLOAT16);
      float[] expected = array.toType(DataType.FLOAT32, true).toFloatArray();
      for (int bits = 0; bits < 1 << 16; bits++) {
        assertThat(Float.valueOf(Half.toFloat((short) bits))) // boxed: NaN equals NaN
            .as("half 0x%04x", bits)
            .isEqualTo(Float.valueOf(expected[bits]));
      }
    }
  }

  @Test
  void everyBrainFloatHasEightBitsOfExponentAndSevenOfFraction() {
    String header = "{\"x\":{\"dtype\":\"BF16\",\"shape\":[65536],\"data_offsets\":[0,131072]}}";
    ByteBuffer file =
        ByteBuffer.allocate(8 + header.length() + (2 << 16)).order(ByteOrder.LITTLE_ENDIAN);
    file.putLong(header.length()).put(header.getBytes(StandardCharsets.US_ASCII));
    for (int bits = 0; bits < 1 << 16; bits++) {
      file.putShort((short) bits);
    }

    Safetensors tensors = Safetensors.parse("brain floats", file.array());
    float[] found = tensors.floats(tensors.tensors().get(0));
    for (int bits = 0; bits < 1 << 16; bits++) {
      assertThat(Double.valueOf(found[bits])) // boxed: NaN equals NaN
          .as("0x%04x", bits)
          .isEqualTo(Double.valueOf(brainFloat(bits)));
    }
  }

  @Test
  void doublesAreRoundedToTheNearestFloat() {
    double[] values = {1 / 3d, -1e-42, 16777217, 1e38};
    String header = "{\"x\":{\"dtype\":\"F64\",\"shape\":[2,2],\"data_offsets\":[0,32]}}";
    ByteBuffer file = ByteBuffer.allocate(8 + header.length() + 32).order(ByteOrder.LITTLE_ENDIAN);
    file.putLong(header.length()).put(header.getBytes(StandardCharsets.US_ASCII));
    for (double value : values) {
      file.putDouble(value);
    }

    Safetensors tensors = Safetensors.parse("doubles", file.array());
    assertThat(tensors.floats(tensors.tensors().get(0)))
        .containsExactly((float) values[0], (float) values[1], 16777216f, (float) values[3]);
  }

  private static double brainFloat(int bits) {
    double sign = (bits & 0x8000) == 0 ? 1 : -1;
    int exponent = bits >> 7 & 0xff;
    int fraction = bits & 0x7f;
    if (exponent == 0xff) {
      return fraction == 0 ? sign * Double.POSITIVE_INFINITY : Double.NaN;
    }

    return exponent == 0
        ? sign * fraction * Math.pow(2, -126 - 7)
        : sign * (1 + fraction / 128.) * Math.pow(2, exponent - 127);
  }

  @Test
  void floatsAreRoundedToHalvesAsTheEngineRoundsThem() {
    Random random = new Random(1);
    float[] values = new float[100_000];
    for (int i = 0; i < values.length; i++) {
      // Of all magnitudes that a half has, every other one halfway between two halves.
      float half = Half.toFloat((short) random.nextInt(0x7c00));
      float next = Math.ulp(half) * 0x1p12f;
      values[i] = i % 2 == 0 ? half + next : half * (1 + random.nextFloat() * .01f);
    }

    DjlEngine.load();
    try (NDManager manager = NDManager.newBaseManager()) {
      float[] expected =
          manager
              .create(values)
              .toType(DataType.FLOAT16, true)
              .toType(DataType.FLOAT32, true)
              .toFloatArray();
      for (int i = 0; i < values.length; i++) {
        assertThat(Half.toFloat(Half.of(values[i]))).as("%s", values[i]).isEqualTo(expected[i]);
      }
    }
  }

  @Test
  void whatIsWrittenIsRead() throws IOException {
    Map<String, long[]> shapes = new LinkedHashMap<>();
    shapes.put("matrix", new long[] {2, 3});
    shapes.put("vector", new long[] {2});
    Map<String, float[]> values =
        Map.of("matrix", new float[] {1, 2, 3, 4, 5, 6.5f}, "vector", new float[] {-1, 0});
    for (Safetensors.Dtype dtype : Safetensors.Dtype.values()) {
      ByteArrayOutputStream file = new ByteArrayOutputStream();
      SafetensorsWriter.write(file, shapes, values::get, dtype, Map.of("step", "7"));
      Safetensors read = Safetensors.parse("written", file.toByteArray());

      StoredTensors.of(read, shapes);
      assertThat(read.metadata()).containsExactly(Map.entry("step", "7"));
      for (Safetensors.Tensor tensor : read.tensors()) {
        assertThat(read.floats(tensor)).containsExactly(values.get(tensor.name()));
      }
    }
  }

  @Test
  void tensorsBeyondTwoGibibytesAreRead() {
    long large = 3L << 30;
    byte[] header =
        String.format(
                "{\"large\":{\"dtype\":\"F32\",\"shape\":[3,%d],\"data_offsets\":[0,%d]},"
                    + "\"small\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[%d,%d]}}",
                large / 12, large, large, large + 4)
            .getBytes(StandardCharsets.US_ASCII);
    Safetensors.Content content =
        new Safetensors.Content() {
          @Override
          public long length() {
            return 8 + header.length + large + 4;
          }

          @Override
          public void read(long from, byte[] into, int length) {
            ByteBuffer bytes = ByteBuffer.wrap(into).order(ByteOrder.LITTLE_ENDIAN);
            if (from == 0) {
              bytes.putLong(header.length);
            } else if (from == 8) {
              bytes.put(header);
            } else {
              assertThat(from).isEqualTo(8 + header.length + large);
              bytes.putFloat(6.5f);
            }
          }
        };
    Safetensors tensors = Safetensors.open("large", content);
    StoredTensors.of(tensors, Map.of("large", new long[] {3, large / 12}, "small", new long[] {1}));
    assertThat(tensors.floats(tensors.tensors().get(1))).containsExactly(6.5f);
  }

  @Test
  void allBytesAreScannedInTheirOrder() throws IOException {
    Map<String, long[]> shapes = new LinkedHashMap<>();
    shapes.put("first", new long[] {700, 1000});
    shapes.put("second", new long[] {3});
    ByteArrayOutputStream file = new ByteArrayOutputStream();
    SafetensorsWriter.write(
        file,
        shapes,
        name -> new float[name.equals("first") ? 700_000 : 3],
        Safetensors.Dtype.F32,
        Map.of());
    ByteArrayOutputStream scanned = new ByteArrayOutputStream();
    Safetensors.parse("written", file.toByteArray())
        .scan(
            bytes -> scanned.write(bytes.array(), bytes.position(), bytes.remaining()),
            name -> true);
    assertThat(scanned.toByteArray()).isEqualTo(file.toByteArray());
  }
}
