/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.similarity;

/**
 * The inner loops of the join, scalar or SIMD. Both give the same bits in {@link #multiply} and
 * {@link #exactDot}, and trust their input.
 *
 * <p>A tile is {@link #WINDOWS} windows against one panel of prompts. Vectors of a tile come
 * interleaved, component by component: component k of the tile's windows is at {@code
 * windows[windowsOffset + k * WINDOWS + row]}, that of the panel's prompts at {@code
 * prompts[promptsOffset + k * promptsPerPanel() + column]}.
 */
interface TileKernel {

  /** Windows in a tile. */
  int WINDOWS = 8;

  /** Initial values of a plain product, enough for every kernel's panel. */
  float[] ZEROS = new float[64];

  /** Prompts in a panel, the tile's width. */
  int promptsPerPanel();

  /**
   * Components that go through all tiles at once: so many of a panel stay in a first-level cache.
   */
  int PART = 128;

  /**
   * Adds the dot products of a tile to initial values, each one chain of fused multiply-adds over k
   * in ascending order.
   *
   * @param length components of a vector, or of the part of it at the offsets
   * @param initial WINDOWS rows of promptsPerPanel() values, {@code initialStride} floats apart; 0
   *     for one row that stands for all
   * @param products receives WINDOWS rows of promptsPerPanel() values, {@code stride} floats apart;
   *     may be {@code initial}
   */
  void multiply(
      float[] windows,
      int windowsOffset,
      float[] prompts,
      int promptsOffset,
      int length,
      float[] initial,
      int initialOffset,
      int initialStride,
      float[] products,
      int productsOffset,
      int stride);

  /**
   * All dot products of a tile.
   *
   * @param products receives WINDOWS x promptsPerPanel() values, row by row
   */
  default void multiply(
      float[] windows,
      int windowsOffset,
      float[] prompts,
      int promptsOffset,
      int length,
      float[] products) {
    multiply(
        windows,
        windowsOffset,
        prompts,
        promptsOffset,
        length,
        ZEROS,
        0,
        0,
        products,
        0,
        promptsPerPanel());
  }

  /**
   * Adds the dot products of several tiles with one panel to one row of initial values, with the
   * bits of {@link #multiply} for each tile.
   *
   * @param windowsOffset of the first tile; the others follow it
   * @param tiles number of tiles
   * @param dimension components of a vector
   * @param initial promptsPerPanel() values for every row
   * @param products receives tiles x WINDOWS rows of promptsPerPanel() values, {@code stride}
   *     floats apart
   */
  default void multiplyAll(
      float[] windows,
      int windowsOffset,
      int tiles,
      float[] prompts,
      int promptsOffset,
      int dimension,
      float[] initial,
      int initialOffset,
      float[] products,
      int productsOffset,
      int stride) {
    for (int from = 0; from < dimension; from += PART) {
      int length = Math.min(PART, dimension - from);
      for (int tile = 0; tile < tiles; tile++) {
        int out = productsOffset + tile * WINDOWS * stride;
        multiply(
            windows,
            windowsOffset + (tile * dimension + from) * WINDOWS,
            prompts,
            promptsOffset + from * promptsPerPanel(),
            length,
            from == 0 ? initial : products,
            from == 0 ? initialOffset : out,
            from == 0 ? 0 : stride,
            products,
            out,
            stride);
      }
    }
  }

  /**
   * Which values of a tile are above the threshold.
   *
   * @param products WINDOWS x promptsPerPanel() values from the offset on, none of them NaN
   * @param rowsAbove receives for each column the rows above the threshold, bit r for row r
   * @return all columns' bits together: 0 when nothing is above
   */
  int above(float[] products, int offset, float threshold, int[] rowsAbove);

  /** Dot product in single precision, in any order of summation. */
  float dot(float[] a, int aOffset, float[] b, int bOffset, int length);

  /**
   * Dot product in double precision with the order of summation of {@link Cosine#dot}.
   *
   * @param a floats, widened
   * @param b floats, widened
   */
  double exactDot(double[] a, int aOffset, double[] b, int bOffset, int length);
}
