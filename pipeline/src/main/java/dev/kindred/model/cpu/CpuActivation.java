/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model.cpu;

import dev.kindred.model.architecture.Activation;

/** Activation functions, as loops without branches and calls, which the compiler makes SIMD. */
final class CpuActivation {
  private static final float ROOT_HALF = (float) Math.sqrt(.5);
  private static final float ROOT_TWO_OVER_PI = (float) Math.sqrt(2 / Math.PI);

  private CpuActivation() {}

  /** Applies a function to {@code length} floats in place. */
  static void apply(Activation activation, float[] x, int length) {
    switch (activation) {
      case RELU -> relu(x, length);
      case GELU -> gelu(x, length);
      case GELU_TANH -> geluTanh(x, length);
      case SILU -> sigmoidTimes(1, x, length);
      case QUICK_GELU -> sigmoidTimes(1.702f, x, length);
      default -> throw new IllegalArgumentException("Unknown activation: " + activation);
    }
  }

  private static void relu(float[] x, int length) {
    for (int i = 0; i < length; i++) {
      x[i] = Math.max(0, x[i]);
    }
  }

  private static void gelu(float[] x, int length) {
    for (int i = 0; i < length; i++) {
      x[i] = .5f * x[i] * (1 + ErrorFunction.erf(x[i] * ROOT_HALF));
    }
  }

  private static void geluTanh(float[] x, int length) {
    for (int i = 0; i < length; i++) {
      float cubic = x[i] * x[i] * x[i];
      x[i] = .5f * x[i] * (1 + tanh(ROOT_TWO_OVER_PI * (x[i] + .044715f * cubic)));
    }
  }

  /** x sigmoid(f x), as sigmoid(y) = (1 + tanh(y / 2)) / 2. */
  private static void sigmoidTimes(float factor, float[] x, int length) {
    float half = .5f * factor;
    for (int i = 0; i < length; i++) {
      x[i] = .5f * x[i] * (1 + tanh(half * x[i]));
    }
  }

  /**
   * tanh(x) as a quotient of polynomials, x P(x^2) / Q(x^2) on [-9, 9], beyond which a float cannot
   * tell it from 1. Off by at most 4e-7.
   *
   * <p>Coefficients: {@code generic_fast_tanh_float} of Eigen.
   */
  static float tanh(float x) {
    float t = Math.max(-9, Math.min(9, x));
    float s = t * t;
    float p = -2.76076847742355e-16f;
    p = p * s + 2.00018790482477e-13f;
    p = p * s - 8.60467152213735e-11f;
    p = p * s + 5.12229709037114e-08f;
    p = p * s + 1.48572235717979e-05f;
    p = p * s + 6.37261928875436e-04f;
    p = p * s + 4.89352455891786e-03f;
    float q = 1.19825839466702e-06f;
    q = q * s + 1.18534705686654e-04f;
    q = q * s + 2.26843463243900e-03f;
    q = q * s + 4.89352518554385e-03f;
    return t * p / q;
  }
}
