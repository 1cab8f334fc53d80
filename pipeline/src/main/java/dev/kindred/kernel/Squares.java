/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.kernel;

import dev.kindred.kernel.MatrixProducts.Operand;
import java.util.stream.IntStream;

/**
 * Products of a matrix with itself, x' x, in double precision. They are symmetric: what is on the
 * diagonal and above is added up, panel by panel of columns, and mirrored in the end. Panels add to
 * different numbers, so that they may be added on different threads.
 *
 * <p>Letters in shapes: N = rows, D = columns of x.
 */
public final class Squares {
  private static final int COLUMNS = 96; // of a panel

  private Squares() {}

  /** Returns the first column of each panel. */
  public static IntStream panels(int width) {
    return IntStream.range(0, (width + COLUMNS - 1) / COLUMNS).map(panel -> panel * COLUMNS);
  }

  /**
   * Adds a panel of x' x to a sum.
   *
   * @param x N x D
   * @param rows N
   * @param width D
   * @param from the panel's first column
   * @param sum D x D
   */
  public static void add(double[] x, int rows, int width, int from, double[] sum) {
    int columns = Math.min(COLUMNS, width - from);
    MatrixProducts.add(
        Operand.transposed(x, width),
        new Operand(x, from, width, 1),
        from + columns,
        rows,
        columns,
        new Operand(sum, from, width, 1));
  }

  /**
   * Makes a matrix symmetric by what is above its diagonal.
   *
   * @param square D x D
   * @param width D
   */
  public static void mirror(double[] square, int width) {
    for (int i = 1; i < width; i++) {
      for (int j = 0; j < i; j++) {
        square[i * width + j] = square[j * width + i];
      }
    }
  }
}
