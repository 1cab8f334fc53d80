/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model.torch;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import dev.kindred.math.SplitMix;
import java.nio.ByteBuffer;

/**
 * Dropout (Srivastava et al. 2014), inverted: a value is set to zero with some probability, else
 * divided by the probability of being kept.
 *
 * <p>The engine's own draws from one generator for the whole process; these depend on nothing but
 * the seed and the order of calls, whatever other threads do. One thread uses an instance.
 */
public final class DropoutMasks {
  private static final int BITS = 16; // of a draw; four draws a random number
  private static final long GOLDEN_GAMMA = 0x9e3779b97f4a7c15L;

  private final int dropped; // draws below it are dropped, of 2^BITS
  private long state;
  private ByteBuffer draws; // of the last call, in memory that the engine can read

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

    int size = (int) x.size();
    NDManager manager = x.getManager();
    int whole = (size + Long.BYTES - 1) / Long.BYTES * Long.BYTES;
    if (draws == null || draws.capacity() < whole) {
      draws = manager.allocateDirect(whole);
    }

    fill(whole);
    float kept = 1 - dropped / (float) (1 << BITS);
    // The engine reads the buffer where it is; the conversion copies it.
    ByteBuffer drawn = draws.duplicate().limit(size).slice();
    NDArray mask = manager.create(drawn, x.getShape(), DataType.INT8);
    return x.mul(mask.toType(DataType.FLOAT32, false).divi(kept));
  }

  /** Writes 1 for every value that is kept, else 0. */
  private void fill(int size) {
    for (int i = 0; i < size; i += Long.BYTES) {
      long first = kept(SplitMix.mix(state += GOLDEN_GAMMA));
      long second = kept(SplitMix.mix(state += GOLDEN_GAMMA));
      draws.putLong(i, first | second << 32);
    }
  }

  /** Four draws as four bytes, the lowest first. */
  private long kept(long four) {
    return keptOne(four)
        | keptOne(four >>> BITS) << 8
        | keptOne(four >>> 2 * BITS) << 16
        | keptOne(four >>> 3 * BITS) << 24;
  }

  private long keptOne(long draw) {
    // The sign of a difference, without a branch.
    return (dropped - 1 - (draw & 0xffff)) >>> 63;
  }
}
