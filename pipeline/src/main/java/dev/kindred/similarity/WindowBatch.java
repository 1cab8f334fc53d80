/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.similarity;

/** The windows that a join holds in cache at once: their vectors, norms and next tokens. */
final class WindowBatch {
  /** 512 windows of 384 components are 0.8 MB: they stay in a core's second-level cache. */
  static final int CAPACITY = 512;

  private final int dimension;
  private final long[] windowIds = new long[CAPACITY];
  private final int[] nextTokenIndexes = new int[CAPACITY]; // in NextTokens
  private final double[] norms = new double[CAPACITY];
  private final float[] vectors; // CAPACITY x dimension
  private final float[] packed; // of UnitVectors, in groups of TileKernel.WINDOWS
  private int size;

  WindowBatch(int dimension) {
    this.dimension = dimension;
    this.vectors = new float[CAPACITY * dimension];
    this.packed = new float[CAPACITY * dimension];
  }

  void add(long windowId, int nextTokenIndex, float[] vector) {
    windowIds[size] = windowId;
    nextTokenIndexes[size] = nextTokenIndex;
    System.arraycopy(vector, 0, vectors, size * dimension, dimension);
    norms[size] = Cosine.norm(vectors, size * dimension, dimension);
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

  float[] vectors() {
    return vectors;
  }

  /** Packs the batch as it is for the kernel. */
  float[] pack() {
    UnitVectors.pack(vectors, norms, size, dimension, TileKernel.WINDOWS, packed);
    return packed;
  }
}
