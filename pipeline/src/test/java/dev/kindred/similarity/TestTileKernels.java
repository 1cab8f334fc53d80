/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.similarity;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class TestTileKernels {
  private static final int[] DIMENSIONS = {1, 2, 3, 7, 8, 15, 16, 17, 31, 33, 192, 383, 384, 768};

  @Test
  void thisMachineUsesSimd() {
    assertThat(TileKernels.get(TileKernels.Choice.AUTO)).isInstanceOf(SimdTileKernel.class);
  }

  @Test
  void scalarCanBeForced() {
    assertThat(TileKernels.get(TileKernels.Choice.SCALAR)).isInstanceOf(ScalarTileKernel.class);
  }

  @Test
  void simdAndScalarGiveTheSameBits() {
    TileKernel simd = TileKernels.get(TileKernels.Choice.SIMD);
    TileKernel scalar = TileKernels.get(TileKernels.Choice.SCALAR);
    Random random = new Random(11);
    for (int dimension : DIMENSIONS) {
      float[] windows = gaussian(random, TileKernel.WINDOWS * dimension);
      float[] prompts = gaussian(random, 64 * dimension); // 64 prompts fill whole panels of both
      assertThat(similarities(simd, windows, prompts, dimension))
          .as("dimension %d", dimension)
          .isEqualTo(similarities(scalar, windows, prompts, dimension));
    }
  }

  @Test
  void anyCellOfTheTileCanBeTheOneAbove() {
    for (TileKernels.Choice choice : TileKernels.Choice.values()) {
      TileKernel kernel = TileKernels.get(choice);
      int width = kernel.promptsPerPanel();
      for (int row = 0; row < TileKernel.WINDOWS; row++) {
        for (int column = 0; column < width; column++) {
          float[] windows = new float[TileKernel.WINDOWS];
          float[] prompts = new float[width];
          windows[row] = 0.5f;
          prompts[column] = 0.5f;
          float[] similarities = new float[TileKernel.WINDOWS * width];
          assertThat(kernel.anyAbove(windows, 0, prompts, 0, 1, 0.2f, similarities)).isTrue();
          assertThat(similarities[row * width + column]).isEqualTo(0.25f);
        }
      }
    }
  }

  @Test
  void theThresholdItselfIsNotAbove() {
    for (TileKernels.Choice choice : TileKernels.Choice.values()) {
      TileKernel kernel = TileKernels.get(choice);
      float[] windows = new float[TileKernel.WINDOWS];
      float[] prompts = new float[kernel.promptsPerPanel()];
      windows[3] = 0.5f;
      prompts[3] = 0.5f;
      float[] similarities = new float[TileKernel.WINDOWS * kernel.promptsPerPanel()];
      assertThat(kernel.anyAbove(windows, 0, prompts, 0, 1, 0.25f, similarities)).isFalse();
    }
  }

  /** WINDOWS x 64 similarities, whatever the kernel's width. */
  private static float[] similarities(
      TileKernel kernel, float[] windows, float[] prompts, int dimension) {
    int width = kernel.promptsPerPanel();
    double[] ones = new double[64];
    Arrays.fill(ones, 1);
    float[] packedPrompts = UnitVectors.pack(prompts, ones, 64, dimension, width);
    float[] packedWindows =
        UnitVectors.pack(windows, ones, TileKernel.WINDOWS, dimension, TileKernel.WINDOWS);
    float[] all = new float[TileKernel.WINDOWS * 64];
    float[] tile = new float[TileKernel.WINDOWS * width];
    for (int first = 0; first < 64; first += width) {
      kernel.anyAbove(
          packedWindows,
          0,
          packedPrompts,
          first * dimension,
          dimension,
          Float.NEGATIVE_INFINITY,
          tile);
      for (int row = 0; row < TileKernel.WINDOWS; row++) {
        System.arraycopy(tile, row * width, all, row * 64 + first, width);
      }
    }

    return all;
  }

  private static float[] gaussian(Random random, int length) {
    float[] values = new float[length];
    for (int i = 0; i < length; i++) {
      values[i] = (float) random.nextGaussian();
    }

    return values;
  }
}
