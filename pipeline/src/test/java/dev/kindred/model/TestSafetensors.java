/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.kindred.DjlEngine;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
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
        assertThat(Float.valueOf(Safetensors.halfToFloat((short) bits))) // boxed: NaN equals NaN
            .as("half 0x%04x", bits)
            .isEqualTo(Float.valueOf(expected[bits]));
      }
    }
  }
}
