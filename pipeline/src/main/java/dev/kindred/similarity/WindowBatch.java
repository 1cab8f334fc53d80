/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.similarity;

import dev.kindred.kernel.TileKernel;
import dev.kindred.math.Cosine;
import java.util.Arrays;

/** The windows that a join holds in cache at once: their vectors, norms and next tokens. */
final class WindowBatch {
  /**
   * 2,048 windows: their prefixes stay in a core's second-level cache beside a slice of prompts.
   */
  static final int CAPACITY = 2048;

  private final int dimension;
  private final TileKernel kernel;
  private final long[] windowIds = new long[CAPACITY];
  private final int[] tokenStarts = new int[CAPACITY + 1]; // in nextTokens
  private final double[] norms = new double[CAPACITY];
  private final float[] vectors; // CAPACITY x dimension
  private final double[] wide; // one of them
  private final float[] packed; // of UnitVectors, in groups of TileKernel.WINDOWS
  private int[] nextTokens = new int[2 * CAPACITY]; // of all windows, one after the other
  private long[] nextCounts = new long[2 * CAPACITY]; // of nextTokens
  private int size;

  WindowBatch(int dimension, TileKernel kernel) {
    this.dimension = dimension;
    this.kernel = kernel;
    this.vectors = new float[CAPACITY * dimension];
    this.wide = new double[dimension];
    this.packed = new float[CAPACITY * dimension];
  }

  void add(long windowId, float[] vector, NextTokens following) {
    int row = size * dimension;
    windowIds[size] = windowId;
    System.arraycopy(vector, 0, vectors, row, dimension);
    Cosine.widen(vector, 0, dimension, wide, 0);
    norms[size] = Math.sqrt(kernel.exactDot(wide, 0, wide, 0, dimension));
    addNextTokens(windowId, following);
    size++;
  }

  private void addNextTokens(long windowId, NextTokens following) {
    int index = following.find(windowId);
    int next = tokenStarts[size];
    int count = following.end(index) - following.start(index);
    if (next + count > nextTokens.length) {
      int grown = Math.max(next + count, 2 * nextTokens.length);
      nextTokens = Arrays.copyOf(nextTokens, grown);
      nextCounts = Arrays.copyOf(nextCounts, grown);
    }

    for (int place = following.start(index); place < following.end(index); place++) {
      nextTokens[next] = following.token(place);
      nextCounts[next] = following.count(place);
      next++;
    }

    tokenStarts[size + 1] = next;
  }

  boolean isFull() {
    return size == CAPACITY;
  }

  void clear() {
    size = 0;
  }

  int size() {
    return size;
  }

  long windowId(int row) {
    return windowIds[row];
  }

  /** Adds the counts of a window's next tokens, whose keys are token ids plus an offset. */
  void addNextTokens(int row, TokenCounts counts, int offset) {
    int end = tokenStarts[row + 1];
    for (int place = tokenStarts[row]; place < end; place++) {
      counts.add(offset + nextTokens[place], nextCounts[place]);
    }
  }

  double norm(int row) {
    return norms[row];
  }

  /** The vectors as they came, size() x dimension. */
  float[] vectors() {
    return vectors;
  }

  /** Packs the batch as it is for the kernel: unit vectors, in groups of TileKernel.WINDOWS. */
  float[] pack() {
    UnitVectors.pack(vectors, norms, size, dimension, TileKernel.WINDOWS, packed);
    return packed;
  }
}
