/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;

/**
 * Dropout (Srivastava et al. 2014), inverted: a value is set to zero with some probability, else
 * divided by the probability of being kept.
 *
 * <p>The engine's own draws from one generator for the whole process; these depend on nothing but
 * the seed and the order of calls, whatever other threads do.
 */
public final class DropoutMasks {
  private static final int BITS = 16; // of a draw; four draws a random number
  private static final long GOLDEN_GAMMA = 0x9e3779b97f4a7c15L;

  private final int dropped; // draws below it are dropped, of 2^BITS
  private long state;

  /**
   * Masks of one batch.
   *
   * @param rate probability of being dropped, in [0, 1), rounded to a multiple of 2^-16
   */
  public DropoutMasks(double rate, long seed) {
    this.dropped = (int) Math.round(rate * (1 << BITS));
    this.state = seed;
  }

  NDArray apply(NDArray x) {
    if (dropped == 0) {
      return x;
    }

    float kept = 1 - dropped / (float) (1 << BITS);
    NDArray mask = x.getManager().create(next((int) x.size()), x.getShape());
    return x.mul(mask.toType(DataType.FLOAT32, false).divi(kept));
  }

  /** 1 for every value that is kept, else 0. */
  private byte[] next(int size) {
    byte[] kept = new byte[size];
    int i = 0;
    for (; i + 4 <= size; i += 4) {
      long draws = mix(state += GOLDEN_GAMMA);
      kept[i] = kept(draws);
      kept[i + 1] = kept(draws >>> BITS);
      kept[i + 2] = kept(draws >>> 2 * BITS);
      kept[i + 3] = kept(draws >>> 3 * BITS);
    }

    for (long draws = mix(state += GOLDEN_GAMMA); i < size; i++, draws >>>= BITS) {
      kept[i] = kept(draws);
    }

    return kept;
  }

  private byte kept(long draws) {
    // The sign of a difference, without a branch.
    return (byte) (((dropped - 1 - (int) (draws & 0xffff)) >>> 31));
  }

  /** Of SplittableRandom (Steele et al. 2014), which has no method for filling arrays. */
  private static long mix(long z) {
    z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
    z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
    return z ^ (z >>> 31);
  }
}
