/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.kernel;

/**
 * The inner loop of matrix products in double precision, scalar or SIMD; both give the same bits,
 * and trust their input.
 */
interface ProductKernel {

  /** Rows of a tile. */
  int ROWS = 4;

  /** Columns of a tile. */
  int columns();

  /**
   * Adds the products of some rows and columns to a tile, each one chain of fused multiply-adds
   * over p in ascending order.
   *
   * @param a component p of row r is at {@code a[aOffset + p * ROWS + r]}
   * @param b component p of column c is at {@code b[bOffset + p * columns() + c]}
   * @param length components
   * @param sums ROWS rows of columns() values, {@code stride} apart
   */
  void add(
      double[] a,
      int aOffset,
      double[] b,
      int bOffset,
      int length,
      double[] sums,
      int sumsOffset,
      int stride);
}
