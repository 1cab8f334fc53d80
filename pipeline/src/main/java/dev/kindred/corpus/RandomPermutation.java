/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.corpus;

import java.util.HashMap;
import java.util.Map;

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

  /**
   * MT19937 with init_genrand. Commons Math's begins otherwise for seeds of 2^31 and more, which it
   * takes for negative numbers.
   */
  private static final class MersenneTwister {
    private static final int WORDS = 624;
    private static final int MIDDLE = 397;

    private final int[] state = new int[WORDS];
    private int next;

    private MersenneTwister(int seed) {
      state[0] = seed;
      for (int i = 1; i < WORDS; i++) {
        state[i] = 1812433253 * (state[i - 1] ^ (state[i - 1] >>> 30)) + i;
      }
    }

    private int nextInt() {
      int mixed = (state[next] & 0x80000000) | (state[(next + 1) % WORDS] & 0x7fffffff);
      int word = state[(next + MIDDLE) % WORDS] ^ (mixed >>> 1) ^ (-(mixed & 1) & 0x9908b0df);
      state[next] = word;
      next = (next + 1) % WORDS;
      word ^= word >>> 11;
      word ^= (word << 7) & 0x9d2c5680;
      word ^= (word << 15) & 0xefc60000;
      return word ^ (word >>> 18);
    }
  }
}
