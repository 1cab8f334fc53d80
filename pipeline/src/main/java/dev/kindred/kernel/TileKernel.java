/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.kernel;

/**
 * The inner loops of the join, scalar or SIMD. Both give the same bits in {@link #multiply} and
 * {@link #exactDot}, and trust their input.
 *
 * <p>A tile is {@link #WINDOWS} windows against one panel of prompts. Vectors of a tile come
 * interleaved, component by component: component k of the tile's windows is at {@code
 * windows[windowsOffset + k * WINDOWS + row]}, that of the panel's prompts at {@code
 * prompts[promptsOffset + k * promptsPerPanel() + column]}.
 */
public interface TileKernel {

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
   * Adds the dot products of several tiles with one panel to initial values, with the bits of
   * {@link #multiply} for each tile.
   *
   * @param windowsOffset of the first tile; the others follow it
   * @param tiles number of tiles
   * @param length components of a window's vector
   * @param initial a row of promptsPerPanel() values for each window, {@code initialStride} floats
   *     apart; 0 for one row that stands for all
   * @param partial scratch for tiles x WINDOWS x promptsPerPanel() floats
   * @param products receives a row of promptsPerPanel() values for each window, {@code stride}
   *     floats apart; may be {@code initial}, and {@code partial} where rows lie together from 0 on
   */
  default void multiplyAll(
      float[] windows,
      int windowsOffset,
      int tiles,
      float[] prompts,
      int promptsOffset,
      int length,
      float[] initial,
      int initialOffset,
      int initialStride,
      float[] partial,
      float[] products,
      int productsOffset,
      int stride) {
    int width = promptsPerPanel();
    int parts = (length + PART - 1) / PART;
    for (int part = 0; part < parts; part++) {
      int from = part * length / parts;
      int to = (part + 1) * length / parts;
      boolean first = part == 0;
      boolean last = part == parts - 1;
      for (int tile = 0; tile < tiles; tile++) {
        int row = tile * WINDOWS;
        multiply(
            windows,
            windowsOffset + row * length + from * WINDOWS,
            prompts,
            promptsOffset + from * width,
            to - from,
            first ? initial : partial,
            first ? initialOffset + row * initialStride : row * width,
            first ? initialStride : width,
            last ? products : partial,
            last ? productsOffset + row * stride : row * width,
            last ? stride : width);
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
   * Dot products of a vector with rows, each with the bits of {@link #dot}.
   *
   * @param a has the vector from {@code aOffset} on
   * @param rows component k of row j is at {@code rows[starts[j] + shift + k]}
   * @param count rows
   * @param products receives one a row
   * @param length components of the vector
   */
  void dots(
      float[] a,
      int aOffset,
      float[] rows,
      int[] starts,
      int shift,
      int count,
      float[] products,
      int length);

  /**
   * Weighted sum of rows, each component one chain of fused multiply-adds over the rows in order.
   *
   * @param rows component i of row j is at {@code rows[starts[j] + shift + i]}
   * @param count rows to add
   * @param weights one a row, from the offset on
   * @param sums receives {@code length} components
   */
  void weightedSum(
      float[] rows,
      int[] starts,
      int shift,
      int count,
      float[] weights,
      int weightsOffset,
      float[] sums,
      int sumsOffset,
      int length);

  /**
   * Turns scores into probabilities: exp(x - max) over the sum of them all, which is one chain of
   * additions. An exponential is within 2^-23 of itself, and never another on another machine.
   *
   * @param x has them from {@code offset} on; NaN among them makes all of them NaN
   */
  void softmax(float[] x, int offset, int length);

  /**
   * Adds a vector to another.
   *
   * @param x has it from {@code from} on
   * @param sums is added to from {@code to} on
   * @param length components of both
   */
  void add(float[] x, int from, float[] sums, int to, int length);

  /**
   * Shifts and scales a vector: (x - mean) scale weight + bias, rounded after each step.
   *
   * @param x has it from {@code from} on
   * @param weight one a component; their number is the vector's length
   * @param bias one a component
   * @param y receives it from {@code to} on; may be {@code x} at the same place
   */
  void normalize(
      float[] x,
      int from,
      float mean,
      float scale,
      float[] weight,
      float[] bias,
      float[] y,
      int to);

  /**
   * Dot product in double precision with the order of summation of {@link ExactDot#dot}.
   *
   * @param a floats, widened
   * @param b floats, widened
   */
  double exactDot(double[] a, int aOffset, double[] b, int bOffset, int length);
}
