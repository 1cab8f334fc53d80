/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model.cpu;

import dev.kindred.kernel.TileKernel;
import dev.kindred.model.architecture.Norm;
import dev.kindred.model.architecture.Norm.LayerNorm;
import dev.kindred.model.architecture.Norm.RmsNorm;
import dev.kindred.model.architecture.Tensors;
import java.util.Arrays;

/** A norm of vectors. S = their size. */
final class CpuNorm {
  private final TileKernel kernel;
  private final boolean isNone;
  private final boolean centers;
  private final float epsilon;
  private final float[] weight; // S
  private final float[] bias; // S
  private final float[] ones; // S
  private final float[] zeros; // S

  /**
   * Reads a norm.
   *
   * @param size S where there is no norm; others have their own
   */
  CpuNorm(Norm norm, int size, TileKernel kernel, Tensors tensors) {
    this.kernel = kernel;
    this.isNone = norm instanceof Norm.None;
    this.centers = norm instanceof LayerNorm;
    if (norm instanceof LayerNorm layer) {
      this.epsilon = layer.epsilon();
      this.weight =
          layer.weight() == null ? filled(layer.size(), 1) : tensors.floats(layer.weight());
      this.bias = layer.bias() == null ? filled(layer.size(), 0) : tensors.floats(layer.bias());
    } else if (norm instanceof RmsNorm rms) {
      this.epsilon = rms.epsilon();
      this.weight = tensors.floats(rms.weight()).clone();
      for (int k = 0; k < weight.length; k++) {
        weight[k] += rms.added();
      }

      this.bias = filled(weight.length, 0);
    } else {
      this.epsilon = 0;
      this.weight = filled(size, 1);
      this.bias = filled(size, 0);
    }

    this.ones = filled(weight.length, 1);
    this.zeros = filled(weight.length, 0);
  }

  private static float[] filled(int size, float value) {
    float[] values = new float[size];
    Arrays.fill(values, value);
    return values;
  }

  /** Whether vectors stay as they are. */
  boolean isNone() {
    return isNone;
  }

  /** Returns S, the size of the vectors. */
  int size() {
    return weight.length;
  }

  /**
   * Normalizes a vector.
   *
   * @param x has it from {@code from} on
   * @param normed receives it from {@code to} on; may be {@code x} at the same place
   */
  void apply(float[] x, int from, float[] normed, int to) {
    int size = weight.length;
    if (isNone) {
      System.arraycopy(x, from, normed, to, size);
      return;
    }

    float[] centred = x;
    int start = from;
    if (centers) {
      float mean = kernel.dot(x, from, ones, 0, size) / size;
      kernel.normalize(x, from, mean, 1, ones, zeros, normed, to);
      centred = normed;
      start = to;
    }

    float variance = kernel.dot(centred, start, centred, start, size) / size;
    float scale = (float) (1 / Math.sqrt(variance + epsilon));
    kernel.normalize(centred, start, 0, scale, weight, bias, normed, to);
  }

  /** Normalizes vectors that lie {@code stride} floats apart, in place. */
  void applyInPlace(float[] x, int from, int count, int stride) {
    for (int i = 0; !isNone && i < count; i++) {
      apply(x, from + i * stride, x, from + i * stride);
    }
  }
}
