/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.kernel;

/** The plain version. */
final class ScalarProductKernel implements ProductKernel {
  private static final int COLUMNS = 8;

  @Override
  public int columns() {
    return COLUMNS;
  }

  @Override
  public void add(
      double[] a,
      int aOffset,
      double[] b,
      int bOffset,
      int length,
      double[] sums,
      int sumsOffset,
      int stride) {
    for (int row = 0; row < ROWS; row++) {
      for (int column = 0; column < COLUMNS; column++) {
        int at = sumsOffset + row * stride + column;
        double sum = sums[at];
        for (int p = 0; p < length; p++) {
          sum = Math.fma(a[aOffset + p * ROWS + row], b[bOffset + p * COLUMNS + column], sum);
        }

        sums[at] = sum;
      }
    }
  }
}
