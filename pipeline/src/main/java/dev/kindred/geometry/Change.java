/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.geometry;

import java.util.SplittableRandom;

/** Changes of a residual stream vector before the final norm. */
enum Change {
  SCALE_10("scale_10") {
    @Override
    float[] of(float[] x, long seed, int promptId) {
      float[] scaled = new float[x.length];
      for (int i = 0; i < x.length; i++) {
        scaled[i] = 10 * x[i];
      }

      return scaled;
    }
  },

  NOISE_SMALL("noise_0.1") {
    @Override
    float[] of(float[] x, long seed, int promptId) {
      return noisy(x, .1, seed, promptId);
    }
  },

  NOISE_LARGE("noise_2") {
    @Override
    float[] of(float[] x, long seed, int promptId) {
      return noisy(x, 2, seed, promptId);
    }
  };

  private final String text;

  Change(String text) {
    this.text = text;
  }

  /** Its name in the table. */
  String text() {
    return text;
  }

  /** The changed vector; noise depends on seed, prompt and change alone. */
  abstract float[] of(float[] x, long seed, int promptId);

  /** Independent N(0, deviation²) in each component. */
  float[] noisy(float[] x, double deviation, long seed, int promptId) {
    SplittableRandom random =
        new SplittableRandom(mixed(mixed(mixed(seed) ^ promptId) ^ text.hashCode()));
    float[] noisy = new float[x.length];
    for (int i = 0; i < x.length; i++) {
      noisy[i] = (float) (x[i] + deviation * random.nextGaussian());
    }

    return noisy;
  }

  /** Seeds that differ by little give streams of numbers that overlap, unless they are mixed. */
  private static long mixed(long seed) {
    return new SplittableRandom(seed).nextLong();
  }
}
