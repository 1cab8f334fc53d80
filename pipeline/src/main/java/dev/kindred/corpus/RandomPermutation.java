/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.corpus;

import java.util.HashMap;
import java.util.Map;
import org.apache.commons.math3.random.MersenneTwister;

/**
 * The beginning of a random permutation, equal to PyTorch's {@code manual_seed(seed);
 * randperm(size)[:count]} on the CPU for sizes below 2^32 / 20: MT19937, and for i = 0, 1, .. the
 * element at i is swapped with the one at i + (u mod (size - i)).
 */
final class RandomPermutation {
  private static final long UNSIGNED = 0xffffffffL;

  private RandomPermutation() {}

  /**
   * The first elements of a permutation of 0 .. size - 1.
   *
   * @param size at most 2^32 - 1
   * @param count at most size
   * @param seed the low 32 bits are used, as MT19937 does
   */
  static long[] first(long size, int count, long seed) {
    MersenneTwister random = new MersenneTwister((int) seed);
    Map<Long, Long> moved = new HashMap<>(); // where it differs from the identity
    long[] first = new long[count];
    for (int i = 0; i < count; i++) {
      long other = i + (random.nextInt() & UNSIGNED) % (size - i);
      first[i] = moved.getOrDefault(other, other);
      moved.put(other, moved.getOrDefault((long) i, (long) i));
    }

    return first;
  }
}
