/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.inversion;

import dev.kindred.math.SplitMix;
import java.util.SplittableRandom;

/**
 * Normal noise that depends on a seed, a prompt's tokens, the restart and the position alone, never
 * on partitions or on what else is computed.
 */
final class Noise {
  /** Stands for no restart: what all runs of a prompt share. */
  static final int SHARED = -1;

  private Noise() {}

  /**
   * Makes noise for a sequence.
   *
   * @param width numbers a position
   * @return as many rows as there are tokens
   */
  static float[] of(
      long seed, int[] tokenIds, int restart, int width, double mean, double deviation) {
    long mixed = SplitMix.hash(seed);
    for (int token : tokenIds) {
      mixed = SplitMix.hash(mixed ^ token);
    }

    mixed = SplitMix.hash(mixed ^ restart);
    float[] noise = new float[tokenIds.length * width];
    for (int position = 0; position < tokenIds.length; position++) {
      SplittableRandom random = new SplittableRandom(SplitMix.hash(mixed ^ position));
      for (int i = 0; i < width; i++) {
        noise[position * width + i] = (float) (mean + deviation * random.nextGaussian());
      }
    }

    return noise;
  }
}
