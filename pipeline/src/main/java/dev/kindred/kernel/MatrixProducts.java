/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.kernel;

import java.util.Arrays;

/**
 * Products of matrices in double precision, by blocks that stay in caches (Goto and van de Geijn
 * 2008), on one thread. Each number is one chain of fused multiply-adds in ascending order, so that
 * it has the same bits with SIMD and without.
 */
public final class MatrixProducts {
  private static final int ROWS = ProductKernel.ROWS;

  /**
   * So many products are added to a number before it is put back: each time, its line has to come
   * from far away, and that costs more than panels that are longer than a first-level cache.
   */
  private static final int DEPTH = 576;

  private static final int ROWS_OF_BLOCK = 48; // a block of the left one in a second-level cache
  private static final int COLUMNS_OF_BLOCK = 256; // a block of the right one in a third-level one

  private static final ProductKernel KERNEL =
      TileKernels.isSimdPresent() ? Simd.kernel() : new ScalarProductKernel();

  private final ProductKernel kernel;
  private final double[] a = new double[ROWS_OF_BLOCK * DEPTH];
  private final double[] b;
  private final double[] edge;

  private static final ThreadLocal<MatrixProducts> OF_THREAD =
      ThreadLocal.withInitial(() -> new MatrixProducts(KERNEL));

  /** Loads the Vector API only where it is there. */
  private static final class Simd {
    private static ProductKernel kernel() {
      return new SimdProductKernel();
    }
  }

  MatrixProducts(ProductKernel kernel) {
    this.kernel = kernel;
    int columns = kernel.columns();
    this.b = new double[(COLUMNS_OF_BLOCK + columns) * DEPTH];
    this.edge = new double[ROWS * columns];
  }

  /** A matrix within an array: number (i, j) is at {@code from + i * row + j * column}. */
  public record Operand(double[] values, int from, int row, int column) {
    /** One whose rows lie one after another. */
    public static Operand rows(double[] values, int width) {
      return new Operand(values, 0, width, 1);
    }

    /** The transpose of one whose rows lie one after another. */
    public static Operand transposed(double[] values, int width) {
      return new Operand(values, 0, 1, width);
    }
  }

  /**
   * Adds left times right to sums.
   *
   * @param left m x k
   * @param right k x n
   * @param sums m x n, row by row
   */
  public static void add(Operand left, Operand right, int m, int k, int n, double[] sums) {
    add(left, right, m, k, n, Operand.rows(sums, n));
  }

  /**
   * Adds left times right to sums that are part of an array.
   *
   * @param left m x k
   * @param right k x n
   * @param sums m x n, each row in one piece
   */
  public static void add(Operand left, Operand right, int m, int k, int n, Operand sums) {
    OF_THREAD.get().sum(left, right, m, k, n, sums);
  }

  void sum(Operand left, Operand right, int m, int k, int n, Operand sums) {
    int parts = (k + DEPTH - 1) / DEPTH;
    for (int part = 0; part < parts; part++) {
      int p = (int) ((long) part * k / parts); // parts are alike, so that none is short
      int depth = (int) ((part + 1L) * k / parts) - p;
      for (int j = 0; j < n; j += COLUMNS_OF_BLOCK) {
        int columns = Math.min(COLUMNS_OF_BLOCK, n - j);
        packRight(right, p, depth, j, columns);
        for (int i = 0; i < m; i += ROWS_OF_BLOCK) {
          int rows = Math.min(ROWS_OF_BLOCK, m - i);
          packLeft(left, i, rows, p, depth);
          block(rows, columns, depth, sums.values, sums.from + i * sums.row + j, sums.row);
        }
      }
    }
  }

  private void block(int rows, int columns, int depth, double[] sums, int offset, int stride) {
    int width = kernel.columns();
    for (int j = 0; j < columns; j += width) {
      for (int i = 0; i < rows; i += ROWS) {
        int at = offset + i * stride + j;
        if (rows - i >= ROWS && columns - j >= width) {
          kernel.add(a, i * depth, b, j * depth, depth, sums, at, stride);
        } else {
          int its = Math.min(width, columns - j);
          Arrays.fill(edge, 0); // what is beyond the edge must not grow from tile to tile
          for (int row = 0; row < Math.min(ROWS, rows - i); row++) {
            System.arraycopy(sums, at + row * stride, edge, row * width, its);
          }

          kernel.add(a, i * depth, b, j * depth, depth, edge, 0, width);
          for (int row = 0; row < Math.min(ROWS, rows - i); row++) {
            System.arraycopy(edge, row * width, sums, at + row * stride, its);
          }
        }
      }
    }
  }

  /** Lays rows side by side, component by component; what is beyond the last stays what it was. */
  private void packLeft(Operand left, int from, int rows, int p, int depth) {
    int first = left.from + from * left.row + p * left.column;
    if (left.row == 1) { // what lies together is read together
      for (int q = 0; q < depth; q++) {
        int at = first + q * left.column;
        for (int i = 0; i < rows; i += ROWS) {
          int to = i * depth + q * ROWS;
          for (int row = 0; row < Math.min(ROWS, rows - i); row++) {
            a[to + row] = left.values[at + i + row];
          }
        }
      }
    } else {
      for (int i = 0; i < rows; i++) {
        int to = i / ROWS * ROWS * depth + i % ROWS;
        int at = first + i * left.row;
        for (int q = 0; q < depth; q++) {
          a[to + q * ROWS] = left.values[at + q * left.column];
        }
      }
    }
  }

  private void packRight(Operand right, int p, int depth, int from, int columns) {
    int width = kernel.columns();
    int first = right.from + p * right.row + from * right.column;
    for (int j = 0; j < columns; j += width) {
      int its = Math.min(width, columns - j);
      if (right.column == 1) {
        for (int q = 0; q < depth; q++) {
          System.arraycopy(right.values, first + q * right.row + j, b, j * depth + q * width, its);
        }
      } else {
        for (int c = 0; c < its; c++) {
          int at = first + (j + c) * right.column;
          for (int q = 0; q < depth; q++) {
            b[j * depth + q * width + c] = right.values[at + q * right.row];
          }
        }
      }
    }
  }
}
