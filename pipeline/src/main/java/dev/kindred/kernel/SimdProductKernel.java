/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.kernel;

import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * The tile in registers: four rows of two vectors, so that eight chains of additions hide each
 * other's latency. Reached only through {@link MatrixProducts}: loading this class needs the module
 * jdk.incubator.vector.
 */
final class SimdProductKernel implements ProductKernel {
  private static final VectorSpecies<Double> LANES = DoubleVector.SPECIES_PREFERRED;
  private static final int VECTOR = LANES.length();
  private static final int COLUMNS = 2 * VECTOR;

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
    int row1 = sumsOffset + stride;
    int row2 = row1 + stride;
    int row3 = row2 + stride;
    DoubleVector sum00 = DoubleVector.fromArray(LANES, sums, sumsOffset);
    DoubleVector sum01 = DoubleVector.fromArray(LANES, sums, sumsOffset + VECTOR);
    DoubleVector sum10 = DoubleVector.fromArray(LANES, sums, row1);
    DoubleVector sum11 = DoubleVector.fromArray(LANES, sums, row1 + VECTOR);
    DoubleVector sum20 = DoubleVector.fromArray(LANES, sums, row2);
    DoubleVector sum21 = DoubleVector.fromArray(LANES, sums, row2 + VECTOR);
    DoubleVector sum30 = DoubleVector.fromArray(LANES, sums, row3);
    DoubleVector sum31 = DoubleVector.fromArray(LANES, sums, row3 + VECTOR);
    for (int p = 0; p < length; p++) {
      int at = bOffset + p * COLUMNS;
      int of = aOffset + p * ROWS;
      DoubleVector b0 = DoubleVector.fromArray(LANES, b, at);
      DoubleVector b1 = DoubleVector.fromArray(LANES, b, at + VECTOR);
      DoubleVector a0 = DoubleVector.broadcast(LANES, a[of]);
      sum00 = a0.fma(b0, sum00);
      sum01 = a0.fma(b1, sum01);
      DoubleVector a1 = DoubleVector.broadcast(LANES, a[of + 1]);
      sum10 = a1.fma(b0, sum10);
      sum11 = a1.fma(b1, sum11);
      DoubleVector a2 = DoubleVector.broadcast(LANES, a[of + 2]);
      sum20 = a2.fma(b0, sum20);
      sum21 = a2.fma(b1, sum21);
      DoubleVector a3 = DoubleVector.broadcast(LANES, a[of + 3]);
      sum30 = a3.fma(b0, sum30);
      sum31 = a3.fma(b1, sum31);
    }

    sum00.intoArray(sums, sumsOffset);
    sum01.intoArray(sums, sumsOffset + VECTOR);
    sum10.intoArray(sums, row1);
    sum11.intoArray(sums, row1 + VECTOR);
    sum20.intoArray(sums, row2);
    sum21.intoArray(sums, row2 + VECTOR);
    sum30.intoArray(sums, row3);
    sum31.intoArray(sums, row3 + VECTOR);
  }
}
