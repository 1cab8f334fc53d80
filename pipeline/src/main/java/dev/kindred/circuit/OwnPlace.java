/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.circuit;

import java.util.Arrays;
import java.util.stream.IntStream;
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
  private static final double TIE = 1e-12; // of a number: what is greater by less is as great
  private static final int ROWS = 2048; // at once
  private static final int FIRST_COLUMNS = 256; // of which most rows have five that are greater
  private static final int COLUMNS = 4096; // at once, later

  /**
   * A side of a circuit in token space: a row a token, which its factor maps.
   *
   * @param tokens [V, D]
   * @param factor [D, E]
   */
  record Side(DMatrixRMaj tokens, DMatrixRMaj factor) {
    private DMatrixRMaj mapped(int[] rows) {
      return Products.times(taken(tokens, rows), factor);
    }
  }

  /**
   * Looks at the rows of some tokens. The whole matrix is never made: a row in which five are
   * greater is done with, as it is among the first columns of most.
   *
   * @param left side of the rows
   * @param right side of the columns
   * @param rows places of the rows to look at
   */
  static OwnPlace of(Side left, Side right, int[] rows) {
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

  /** How many are greater in each row, or five if there are more. */
  private static int[] greater(Side left, Side right, int[] rows) {
    DMatrixRMaj asking = left.mapped(rows);
    DMatrixRMaj ofThemselves = right.mapped(rows);
    int width = asking.numCols;
    double[] own = new double[rows.length];
    for (int row = 0; row < rows.length; row++) {
      for (int e = 0; e < width; e++) {
        own[row] =
            Math.fma(asking.data[row * width + e], ofThemselves.data[row * width + e], own[row]);
      }
    }

    double[] bound = Arrays.stream(own).map(value -> value + TIE * Math.abs(value)).toArray();
    int[] greater = new int[rows.length];
    int[] open = IntStream.range(0, rows.length).toArray(); // rows that are not done with
    int tokens = right.tokens.numRows;
    int columns = FIRST_COLUMNS;
    for (int from = 0; from < tokens && open.length > 0; from += columns) {
      columns = from == 0 ? FIRST_COLUMNS : Math.min(COLUMNS, 4 * columns);
      int to = Math.min(tokens, from + columns);
      DMatrixRMaj products = products(taken(asking, open), right, from, to);
      for (int i = 0; i < products.data.length; i++) {
        int row = open[i / products.numCols];
        greater[row] +=
            products.data[i] > bound[row] && from + i % products.numCols != rows[row] ? 1 : 0;
      }

      open = Arrays.stream(open).filter(row -> greater[row] < FIVE).toArray();
    }

    return greater;
  }

  /**
   * The rows' numbers at some columns. Where rows are few, the factor is theirs to be mapped by.
   */
  private static DMatrixRMaj products(DMatrixRMaj asking, Side right, int from, int to) {
    int dimension = right.tokens.numCols;
    DMatrixRMaj columns = CommonOps_DDRM.extract(right.tokens, from, to, 0, dimension);
    return asking.numRows < asking.numCols
        ? Products.timesTransposed(Products.timesTransposed(asking, right.factor), columns)
        : Products.timesTransposed(asking, Products.times(columns, right.factor));
  }

  private static DMatrixRMaj taken(DMatrixRMaj matrix, int[] rows) {
    DMatrixRMaj taken = new DMatrixRMaj(rows.length, matrix.numCols);
    for (int row = 0; row < rows.length; row++) {
      System.arraycopy(
          matrix.data,
          rows[row] * matrix.numCols,
          taken.data,
          row * matrix.numCols,
          matrix.numCols);
    }

    return taken;
  }
}
