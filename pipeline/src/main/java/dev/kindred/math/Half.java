/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.math;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.ShortBuffer;

/**
 * Numbers of IEEE 754 binary16: 11 bits of significand, from 2^-24 to 65504. Every one of them is a
 * float, too.
 *
 * <p>As bytes they are little-endian, two a number.
 */
public final class Half {
  /** Floats of this magnitude and above round to infinity. */
  public static final float OVERFLOW = 65520;

  private static final int EXPONENT = 0x1f << 23; // as a half's is, where a float has its own
  private static final int BIAS = 127 - 15 << 23; // from a half's exponent to a float's
  private static final int INFINITE = 0x7f800000; // float
  private static final int LEAST_NORMAL = 127 - 14 << 23; // float
  private static final int DROPPED = 23 - 10; // bits of a float's fraction

  private Half() {}

  /** The float with the value of a half, exactly. */
  public static float toFloat(short half) {
    int magnitude = (half & 0x7fff) << DROPPED;
    int exponent = magnitude & EXPONENT;
    int bits = magnitude + BIAS;
    if (exponent == EXPONENT) { // infinite, or no number
      bits += BIAS;
    } else if (exponent == 0) { // subnormal: the float's leading bit is taken away again
      bits = Float.floatToRawIntBits(Float.intBitsToFloat(bits + (1 << 23)) - 0x1p-14f);
    }

    return Float.intBitsToFloat(bits | (half & 0x8000) << 16);
  }

  /** The half nearest to a float, ties to even; infinite from {@link #OVERFLOW} on. */
  public static short of(float value) {
    int bits = Float.floatToRawIntBits(value);
    int magnitude = bits & Integer.MAX_VALUE;
    int half;
    if (magnitude > INFINITE) {
      half = 0x7e00; // no number
    } else if (magnitude >= LEAST_NORMAL + (30 << 23)) { // from 2^16 on
      half = 0x7c00;
    } else if (magnitude < LEAST_NORMAL) {
      // The last place of floats from 0.5 on is that of subnormal halves: the sum is rounded there.
      half = Float.floatToRawIntBits(Float.intBitsToFloat(magnitude) + .5f) - (126 << 23);
    } else {
      int even = magnitude >>> DROPPED & 1;
      half = magnitude - BIAS + (1 << DROPPED - 1) - 1 + even >>> DROPPED;
    }

    return (short) (half | bits >>> 16 & 0x8000);
  }

  /** The halves nearest to floats. */
  public static byte[] encode(float[] values) {
    short[] halves = new short[values.length];
    for (int i = 0; i < halves.length; i++) {
      halves[i] = of(values[i]);
    }

    ByteBuffer bytes = ByteBuffer.allocate(Math.multiplyExact(Short.BYTES, values.length));
    bytes.order(ByteOrder.LITTLE_ENDIAN).asShortBuffer().put(halves);
    return bytes.array();
  }

  /**
   * The floats with the values of halves.
   *
   * @throws IllegalArgumentException if the bytes are not two a number
   */
  public static float[] decode(byte[] bytes) {
    if (bytes.length % Short.BYTES != 0) {
      throw new IllegalArgumentException("Not two bytes a number: " + bytes.length + " bytes");
    }

    ShortBuffer stored = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asShortBuffer();
    short[] halves = new short[stored.remaining()];
    stored.get(halves); // at once: bytes one by one take several times as long
    float[] values = new float[halves.length];
    for (int i = 0; i < values.length; i++) {
      values[i] = toFloat(halves[i]);
    }

    return values;
  }
}
