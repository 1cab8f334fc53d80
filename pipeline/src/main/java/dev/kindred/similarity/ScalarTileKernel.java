/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.similarity;

import java.util.Arrays;

/** The plain version of every loop: what {@link SimdTileKernel} is compared with. */
final class ScalarTileKernel implements TileKernel {
  private static final int PROMPTS = 8;

  @Override
  public int promptsPerPanel() {
    return PROMPTS;
  }

  @Override
  public void multiply(
      float[] windows,
      int windowsOffset,
      float[] prompts,
      int promptsOffset,
      int dimension,
      float[] products) {
    Arrays.fill(products, 0, WINDOWS * PROMPTS, 0);
    for (int k = 0; k < dimension; k++) {
      int w = windowsOffset + k * WINDOWS;
      int p = promptsOffset + k * PROMPTS;
      for (int row = 0; row < WINDOWS; row++) {
        for (int column = 0; column < PROMPTS; column++) {
          int i = row * PROMPTS + column;
          products[i] = Math.fma(windows[w + row], prompts[p + column], products[i]);
        }
      }
    }
  }

  @Override
  public int above(float[] products, float threshold, int[] rowsAbove) {
    Arrays.fill(rowsAbove, 0, PROMPTS, 0);
    int any = 0;
    for (int row = 0; row < WINDOWS; row++) {
      for (int column = 0; column < PROMPTS; column++) {
        if (products[row * PROMPTS + column] > threshold) {
          rowsAbove[column] |= 1 << row;
          any |= 1 << row;
        }
      }
    }

    return any;
  }

  @Override
  public float dot(float[] a, int aOffset, float[] b, int bOffset, int length) {
    float sum = 0;
    for (int k = 0; k < length; k++) {
      sum = Math.fma(a[aOffset + k], b[bOffset + k], sum);
    }

    return sum;
  }

  @Override
  public double exactDot(double[] a, int aOffset, double[] b, int bOffset, int length) {
    return Cosine.dot(a, aOffset, b, bOffset, length);
  }
}
