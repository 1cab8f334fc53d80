/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.math;

/**
 * SplitMix64 (Steele, Lea and Flood, Fast splittable pseudorandom number generators, 2014), which
 * {@link java.util.SplittableRandom} is: as a hash, and where arrays are to be filled, for which
 * that has no method.
 */
public final class SplitMix {
  private static final long STEP = 0x9e3779b97f4a7c15L;

  private SplitMix() {}

  /** A hash in [0, 2^64), as an unsigned number. */
  public static long hash(long value) {
    return mix(value * STEP);
  }

  /** The finaliser: the number of the generator that is in this state. */
  public static long mix(long state) {
    long mixed = (state ^ state >>> 30) * 0xbf58476d1ce4e5b9L;
    mixed = (mixed ^ mixed >>> 27) * 0x94d049bb133111ebL;
    return mixed ^ mixed >>> 31;
  }
}
