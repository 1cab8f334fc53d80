/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.kernel;

import dev.kindred.math.ExactDot;
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
      int length,
      float[] initial,
      int initialOffset,
      int initialStride,
      float[] products,
      int productsOffset,
      int stride) {
    for (int row = 0; row < WINDOWS; row++) {
      int out = productsOffset + row * stride;
      System.arraycopy(initial, initialOffset + row * initialStride, products, out, PROMPTS);
      for (int k = 0; k < length; k++) {
        float window = windows[windowsOffset + k * WINDOWS + row];
        int p = promptsOffset + k * PROMPTS;
        for (int column = 0; column < PROMPTS; column++) {
          products[out + column] = Math.fma(window, prompts[p + column], products[out + column]);
        }
      }
    }
  }

  @Override
  public int above(float[] products, int offset, float threshold, int[] rowsAbove) {
    Arrays.fill(rowsAbove, 0, PROMPTS, 0);
    int any = 0;
    for (int row = 0; row < WINDOWS; row++) {
      for (int column = 0; column < PROMPTS; column++) {
        if (products[offset + row * PROMPTS + column] > threshold) {
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
  public void dots(
      float[] a,
      int aOffset,
      float[] rows,
      int[] starts,
      int shift,
      int count,
      float[] products,
      int length) {
    for (int j = 0; j < count; j++) {
      products[j] = dot(a, aOffset, rows, starts[j] + shift, length);
    }
  }

  @Override
  public void weightedSum(
      float[] rows,
      int[] starts,
      int shift,
      int count,
      float[] weights,
      int weightsOffset,
      float[] sums,
      int sumsOffset,
      int length) {
    for (int i = 0; i < length; i++) {
      float sum = 0;
      for (int j = 0; j < count; j++) {
        sum = Math.fma(weights[weightsOffset + j], rows[starts[j] + shift + i], sum);
      }

      sums[sumsOffset + i] = sum;
    }
  }

  @Override
  public void softmax(float[] x, int offset, int length) {
    float greatest = Float.NEGATIVE_INFINITY;
    for (int i = offset; i < offset + length; i++) {
      greatest = Math.max(greatest, x[i]);
    }

    float sum = 0;
    for (int i = offset; i < offset + length; i++) {
      x[i] = Exponential.of(x[i] - greatest);
      sum += x[i];
    }

    for (int i = offset; i < offset + length; i++) {
      x[i] /= sum;
    }
  }

  @Override
  public void add(float[] x, int from, float[] sums, int to, int length) {
    for (int k = 0; k < length; k++) {
      sums[to + k] += x[from + k];
    }
  }

  @Override
  public void normalize(
      float[] x,
      int from,
      float mean,
      float scale,
      float[] weight,
      float[] bias,
      float[] y,
      int to) {
    for (int k = 0; k < weight.length; k++) {
      y[to + k] = (x[from + k] - mean) * scale * weight[k] + bias[k];
    }
  }

  @Override
  public double exactDot(double[] a, int aOffset, double[] b, int bOffset, int length) {
    return ExactDot.dot(a, aOffset, b, bOffset, length);
  }
}
