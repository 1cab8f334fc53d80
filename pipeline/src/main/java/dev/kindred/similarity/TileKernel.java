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

  /** Prompts in a panel, the tile's width. */
  int promptsPerPanel();

  /**
   * All dot products of a tile, each one chain of fused multiply-adds over k in ascending order.
   *
   * @param dimension components of a vector
   * @param products receives WINDOWS x promptsPerPanel() values, row by row
   */
  void multiply(
      float[] windows,
      int windowsOffset,
      float[] prompts,
      int promptsOffset,
      int dimension,
      float[] products);

  /**
   * Which values of a tile are above the threshold.
   *
   * @param products WINDOWS x promptsPerPanel() values, none of them NaN
   * @param rowsAbove receives for each column the rows above the threshold, bit r for row r
   * @return all columns' bits together: 0 when nothing is above
   */
  int above(float[] products, float threshold, int[] rowsAbove);

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
