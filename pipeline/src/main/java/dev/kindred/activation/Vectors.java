/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.activation;

import java.util.Arrays;

/** Rows of row-major matrices. */
public final class Vectors {
  private Vectors() {}

  /** A copy of one row of a matrix with {@code columns} columns. */
  public static float[] row(float[] matrix, int row, int columns) {
    return Arrays.copyOfRange(matrix, row * columns, (row + 1) * columns);
  }
}
