/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.math;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class TestHalf {
  private static final int PATTERNS = 1 << 16;
  private static final int INFINITE = 0x7c00;

  /** What the standard says of a pattern, in double precision. */
  private static double plain(int pattern) {
    double sign = (pattern & 0x8000) == 0 ? 1 : -1;
    int exponent = pattern >> 10 & 0x1f;
    int fraction = pattern & 0x3ff;
    if (exponent == 0x1f) {
      return fraction == 0 ? sign * Double.POSITIVE_INFINITY : Double.NaN;
    }

    return exponent == 0
        ? sign * fraction * Math.pow(2, -24)
        : sign * (1 + fraction / 1024.) * Math.pow(2, exponent - 15);
  }

  /** The nearest by search among all that are not negative; of two the one with an even pattern. */
  private static int nearest(float magnitude) {
    int above = 0;
    for (int bit = 1 << 14; bit > 0; bit >>= 1) { // the first that is not below
      if (above + bit <= INFINITE && plain(above + bit - 1) < magnitude) {
        above += bit;
      }
    }

    if (above == 0) {
      return 0;
    }

    double below = magnitude - plain(above - 1);
    // Beyond the greatest the next would be 2^16, as if exponents had no end.
    double distance = (above == INFINITE ? 65536 : plain(above)) - magnitude;
    return below < distance || below == distance && above % 2 == 1 ? above - 1 : above;
  }

  @Test
  void everyPatternHasTheValueThatTheStandardGivesIt() {
    byte[] bytes = new byte[2 * PATTERNS];
    for (int pattern = 0; pattern < PATTERNS; pattern++) {
      bytes[2 * pattern] = (byte) pattern;
      bytes[2 * pattern + 1] = (byte) (pattern >> 8);
    }

    float[] values = Half.decode(bytes);
    for (int pattern = 0; pattern < PATTERNS; pattern++) {
      assertThat(Double.valueOf(values[pattern])) // boxed: NaN equals NaN, and 0 is not -0
          .as("0x%04x", pattern)
          .isEqualTo(Double.valueOf(plain(pattern)));
      assertThat(Float.valueOf(Half.toFloat((short) pattern)))
          .isEqualTo(Float.valueOf(values[pattern]));
    }
  }

  @Test
  void everyNumberIsWrittenAsItWasRead() {
    for (int pattern = 0; pattern < PATTERNS; pattern++) {
      float value = Half.toFloat((short) pattern);
      if (Float.isNaN(value)) {
        assertThat(Half.toFloat(Half.of(value))).isNaN();
      } else {
        assertThat(Half.of(value)).as("0x%04x", pattern).isEqualTo((short) pattern);
      }
    }
  }

  @Test
  void floatsAreRoundedToTheNearestAndTiesToEven() {
    for (int pattern = 0; pattern < INFINITE; pattern++) {
      float half = (float) plain(pattern);
      float tie = (float) ((plain(pattern) + Math.min(65536, plain(pattern + 1))) / 2);
      for (float value : new float[] {half, Math.nextDown(tie), tie, Math.nextUp(tie)}) {
        assertRounded(value);
      }
    }
  }

  @Test
  void floatsOfAllMagnitudesAreRoundedToTheNearest() {
    Random random = new Random(1);
    for (int i = 0; i < 200_000; i++) {
      float value = Float.intBitsToFloat(random.nextInt());
      if (!Float.isNaN(value)) {
        assertRounded(Math.abs(value));
      }
    }
  }

  private static void assertRounded(float magnitude) {
    int expected = nearest(magnitude);
    assertThat(Half.of(magnitude)).as("%s", magnitude).isEqualTo((short) expected);
    assertThat(Half.of(-magnitude)).as("-%s", magnitude).isEqualTo((short) (expected | 0x8000));
    assertThat(Float.isInfinite(Half.toFloat(Half.of(magnitude))))
        .as("%s", magnitude)
        .isEqualTo(magnitude >= Half.OVERFLOW);
  }

  @Test
  void vectorsAreTwoBytesANumber() {
    float[] values = {1, -2, 0.1f, 65504, 0x1p-24f};
    byte[] bytes = Half.encode(values);
    assertThat(bytes).startsWith(0x00, 0x3c, 0x00, 0xc0).hasSize(10);
    float[] rounded = Half.decode(bytes);
    assertThat(rounded).containsExactly(1, -2, 0.0999755859375f, 65504, 0x1p-24f);
    assertThat(Half.encode(rounded)).isEqualTo(bytes);
    assertThatThrownBy(() -> Half.decode(Arrays.copyOf(bytes, 3)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("3 bytes");
  }
}
