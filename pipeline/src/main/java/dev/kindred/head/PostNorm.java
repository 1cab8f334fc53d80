/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.head;

import dev.kindred.model.architecture.Norm;
import dev.kindred.model.architecture.Norm.LayerNorm;
import dev.kindred.model.architecture.Norm.RmsNorm;
import dev.kindred.model.architecture.Tensors;
import java.util.Arrays;

/**
 * A norm that is looked through backwards, as long as what it divides by is the same.
 *
 * @param factors what it multiplies coordinates by; null for a norm that is not there
 * @param bias that it adds; null for none
 * @param isCentering whether it takes means away
 * @param epsilon added to the mean of squares
 */
record PostNorm(float[] factors, float[] bias, boolean isCentering, double epsilon) {
  static PostNorm of(Norm norm, int dimension, Tensors tensors) {
    if (norm instanceof LayerNorm layer) {
      return new PostNorm(
          layer.weight() == null ? ones(dimension) : tensors.floats(layer.weight()),
          layer.bias() == null ? null : tensors.floats(layer.bias()),
          true,
          layer.epsilon());
    }

    if (norm instanceof RmsNorm rms) {
      float[] factors = tensors.floats(rms.weight()).clone();
      for (int i = 0; i < factors.length; i++) {
        factors[i] += rms.added();
      }

      return new PostNorm(factors, null, false, rms.epsilon());
    }

    return new PostNorm(null, null, false, 0);
  }

  private static float[] ones(int count) {
    float[] ones = new float[count];
    Arrays.fill(ones, 1);
    return ones;
  }

  boolean isThere() {
    return factors != null;
  }

  /** What the norm divides a vector by; 1 if there is none. */
  double scale(float[] x) {
    if (!isThere()) {
      return 1;
    }

    double mean = 0;
    for (float value : x) {
      mean += isCentering ? (double) value / x.length : 0;
    }

    double squares = 0;
    for (float value : x) {
      squares += (value - mean) * (value - mean) / x.length;
    }

    return Math.sqrt(squares + epsilon);
  }

  /** The direction before the norm that is another after it, scale aside. */
  double[] before(double[] after, double scale) {
    if (!isThere()) {
      return after;
    }

    double[] before = new double[after.length];
    double mean = 0;
    for (int i = 0; i < after.length; i++) {
      before[i] = after[i] * factors[i] / scale;
      mean += before[i] / after.length;
    }

    for (int i = 0; isCentering && i < before.length; i++) {
      before[i] -= mean;
    }

    return before;
  }

  /** What the norm's bias is in a direction after it. */
  double ofBias(double[] after) {
    double sum = 0;
    for (int i = 0; bias != null && i < bias.length; i++) {
      sum += bias[i] * after[i];
    }

    return sum;
  }
}
