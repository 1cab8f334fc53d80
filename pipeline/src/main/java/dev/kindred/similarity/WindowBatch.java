/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.similarity;

/** The windows that a join holds in cache at once: their vectors, norms and next tokens. */
final class WindowBatch {
  /**
   * 1,024 windows: their prefixes stay in a core's second-level cache beside a slice of prompts.
   */
  static final int CAPACITY = 1024;

  private final int dimension;
  private final TileKernel kernel;
  private final long[] windowIds = new long[CAPACITY];
  private final int[] nextTokenIndexes = new int[CAPACITY]; // in NextTokens
  private final double[] norms = new double[CAPACITY];
  private final float[] vectors; // CAPACITY x dimension
  private final double[] wide; // the same
  private final float[] packed; // of UnitVectors, in groups of TileKernel.WINDOWS
  private int size;

  WindowBatch(int dimension, TileKernel kernel) {
    this.dimension = dimension;
    this.kernel = kernel;
    this.vectors = new float[CAPACITY * dimension];
    this.wide = new double[CAPACITY * dimension];
    this.packed = new float[CAPACITY * dimension];
  }

  void add(long windowId, int nextTokenIndex, float[] vector) {
    int row = size * dimension;
    windowIds[size] = windowId;
    nextTokenIndexes[size] = nextTokenIndex;
    System.arraycopy(vector, 0, vectors, row, dimension);
    Cosine.widen(vector, 0, dimension, wide, row);
    norms[size] = Math.sqrt(kernel.exactDot(wide, row, wide, row, dimension));
    size++;
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

  int nextTokenIndex(int row) {
    return nextTokenIndexes[row];
  }

  double norm(int row) {
    return norms[row];
  }

  /** The vectors as they came, size() x dimension. */
  float[] vectors() {
    return vectors;
  }

  /** The same in double precision. */
  double[] wide() {
    return wide;
  }

  /** Packs the batch as it is for the kernel: unit vectors, in groups of TileKernel.WINDOWS. */
  float[] pack() {
    UnitVectors.pack(vectors, norms, size, dimension, TileKernel.WINDOWS, packed);
    return packed;
  }
}
