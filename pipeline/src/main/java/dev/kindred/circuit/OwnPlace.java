/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.circuit;

import java.util.Arrays;
import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.CommonOps_DDRM;

/**
 * How often a token is among the first in its own row of a circuit in token space: copied by values
 * and outputs, or found by queries and keys.
 *
 * @param first share of rows in which none is greater
 * @param firstFive share of rows in which fewer than five are
 */
public record OwnPlace(double first, double firstFive) {
  private static final int FIVE = 5;
  private static final int ROWS = 64; // at once
  private static final int COLUMNS = 4096; // at once

  /**
   * Looks at the rows of some tokens; the whole matrix is never made.
   *
   * @param left V x E for those tokens that have columns
   * @param right V x E
   * @param rows places of the rows to look at
   */
  public static OwnPlace of(DMatrixRMaj left, DMatrixRMaj right, int[] rows) {
    long first = 0;
    long firstFive = 0;
    for (int from = 0; from < rows.length; from += ROWS) {
      int[] some = Arrays.copyOfRange(rows, from, Math.min(rows.length, from + ROWS));
      for (int greater : greater(left, right, some)) {
        first += greater == 0 ? 1 : 0;
        firstFive += greater < FIVE ? 1 : 0;
      }
    }

    return new OwnPlace((double) first / rows.length, (double) firstFive / rows.length);
  }

  private static int[] greater(DMatrixRMaj left, DMatrixRMaj right, int[] rows) {
    int width = left.numCols;
    DMatrixRMaj some = new DMatrixRMaj(rows.length, width);
    double[] own = new double[rows.length];
    for (int row = 0; row < rows.length; row++) {
      System.arraycopy(left.data, rows[row] * width, some.data, row * width, width);
    }

    int[] greater = new int[rows.length];
    for (int row = 0; row < rows.length; row++) {
      for (int e = 0; e < width; e++) {
        own[row] += some.data[row * width + e] * right.data[rows[row] * width + e];
      }
    }

    for (int from = 0; from < right.numRows; from += COLUMNS) {
      int to = Math.min(right.numRows, from + COLUMNS);
      DMatrixRMaj columns = CommonOps_DDRM.extract(right, from, to, 0, width);
      DMatrixRMaj products = new DMatrixRMaj(rows.length, to - from);
      CommonOps_DDRM.multTransB(some, columns, products);
      for (int i = 0; i < products.data.length; i++) {
        int row = i / products.numCols;
        greater[row] +=
            products.data[i] > own[row] && from + i % products.numCols != rows[row] ? 1 : 0;
      }
    }

    return greater;
  }
}
