/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.circuit;

import dev.kindred.kernel.MatrixProducts;
import dev.kindred.kernel.MatrixProducts.Operand;
import org.ejml.data.DMatrixRMaj;

/** Products of dense matrices. */
final class Products {
  private Products() {}

  /** Returns a b. */
  static DMatrixRMaj times(DMatrixRMaj a, DMatrixRMaj b) {
    DMatrixRMaj product = new DMatrixRMaj(a.numRows, b.numCols);
    addTimes(a, b, product);
    return product;
  }

  /** Adds a b to a sum. */
  static void addTimes(DMatrixRMaj a, DMatrixRMaj b, DMatrixRMaj sum) {
    MatrixProducts.add(
        Operand.rows(a.data, a.numCols),
        Operand.rows(b.data, b.numCols),
        a.numRows,
        a.numCols,
        b.numCols,
        sum.data);
  }

  /** Adds numbers to each row. */
  static void addToRows(double[] added, DMatrixRMaj rows) {
    int width = added.length;
    for (int from = 0; from < rows.data.length; from += width) {
      for (int i = 0; i < width; i++) {
        rows.data[from + i] += added[i];
      }
    }
  }

  /** Adds all rows to a sum. */
  static void addRows(DMatrixRMaj rows, double[] sum) {
    int width = sum.length;
    for (int from = 0; from < rows.data.length; from += width) {
      for (int i = 0; i < width; i++) {
        sum[i] += rows.data[from + i];
      }
    }
  }

  /** Returns a b'. */
  static DMatrixRMaj timesTransposed(DMatrixRMaj a, DMatrixRMaj b) {
    DMatrixRMaj product = new DMatrixRMaj(a.numRows, b.numRows);
    MatrixProducts.add(
        Operand.rows(a.data, a.numCols),
        Operand.transposed(b.data, b.numCols),
        a.numRows,
        a.numCols,
        b.numRows,
        product.data);
    return product;
  }

  /** Returns a' b. */
  static DMatrixRMaj transposedTimes(DMatrixRMaj a, DMatrixRMaj b) {
    DMatrixRMaj product = new DMatrixRMaj(a.numCols, b.numCols);
    addTransposedTimes(a, b, product);
    return product;
  }

  /** Adds a' b to a sum. */
  static void addTransposedTimes(DMatrixRMaj a, DMatrixRMaj b, DMatrixRMaj sum) {
    MatrixProducts.add(
        Operand.transposed(a.data, a.numCols),
        Operand.rows(b.data, b.numCols),
        a.numCols,
        a.numRows,
        b.numCols,
        sum.data);
  }
}
