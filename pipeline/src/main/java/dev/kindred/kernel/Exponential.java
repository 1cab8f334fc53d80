/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.kernel;

/**
 * The exponential function of numbers that are not positive, in single precision: both kernels
 * compute it in these steps, and so have the same bits.
 *
 * <p>x = n ln 2 + r with a whole n and |r| at most ln 2 / 2; exp(r) is its Taylor polynomial, whose
 * first left out term is below 6e-9; 2^n is multiplied in two halves, so that results below the
 * smallest normal number are rounded and not lost.
 */
final class Exponential {
  /** Below it, the result is nearer to 0 than to the smallest float. */
  static final float LEAST = -104;

  /** 1 / ln 2. */
  static final float PER_LN_2 = 1.44269504f;

  /** ln 2 in two parts; a whole number of eight bits times the first is exact. */
  static final float LN_2_HIGH = .693359375f;

  static final float LN_2_LOW = -2.12194440e-4f;

  /** Added to a number below 2^22, it leaves the nearest whole number in the last bits. */
  static final float ROUNDING = 0x1.8p23f;

  static final int ROUNDING_BITS = Float.floatToRawIntBits(ROUNDING);

  /** 1 / 7!, 1 / 6!, .., 1 / 2!, 1, 1. */
  static final float C7 = 1.98412698e-4f;

  static final float C6 = 1.38888889e-3f;
  static final float C5 = 8.33333333e-3f;
  static final float C4 = 4.16666667e-2f;
  static final float C3 = .166666667f;
  static final float C2 = .5f;

  private Exponential() {}

  /**
   * Returns e to the power of a number.
   *
   * @param x at most 0, or NaN
   */
  static float of(float x) {
    float bounded = Math.max(x, LEAST);
    float rounded = Math.fma(bounded, PER_LN_2, ROUNDING);
    float n = rounded - ROUNDING;
    float r = Math.fma(n, -LN_2_LOW, Math.fma(n, -LN_2_HIGH, bounded));
    float p = Math.fma(C7, r, C6);
    p = Math.fma(p, r, C5);
    p = Math.fma(p, r, C4);
    p = Math.fma(p, r, C3);
    p = Math.fma(p, r, C2);
    p = Math.fma(p, r, 1);
    p = Math.fma(p, r, 1);
    int power = Float.floatToRawIntBits(rounded) - ROUNDING_BITS;
    int half = power >> 1;
    return p * powerOfTwo(half) * powerOfTwo(power - half);
  }

  private static float powerOfTwo(int n) {
    return Float.intBitsToFloat(n + 127 << 23);
  }
}
