/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.circuit;

import java.util.Arrays;
import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.CommonOps_DDRM;
import org.ejml.dense.row.factory.DecompositionFactory_DDRM;
import org.ejml.interfaces.decomposition.QRDecomposition;
import org.ejml.interfaces.decomposition.SingularValueDecomposition_F64;

/**
 * The singular values of a circuit, found from its factors: the circuit itself, D x D, is never
 * made.
 *
 * @param values E numbers, falling; the circuit has no others but 0
 */
public record Spectrum(double[] values) {

  /** That of query key'. */
  public static Spectrum ofQueryKey(HeadWeights head) {
    return ofProduct(head.query(), head.key());
  }

  /** That of value output. */
  public static Spectrum ofValueOutput(HeadWeights head) {
    return ofProduct(head.value(), CommonOps_DDRM.transpose(head.output(), null));
  }

  /**
   * That of a b'.
   *
   * @param a [D, E]
   * @param b [D, E]
   */
  static Spectrum ofProduct(DMatrixRMaj a, DMatrixRMaj b) {
    return of(Products.timesTransposed(triangle(a), triangle(b)));
  }

  static Spectrum of(DMatrixRMaj matrix) {
    SingularValueDecomposition_F64<DMatrixRMaj> solver =
        DecompositionFactory_DDRM.svd(matrix.numRows, matrix.numCols, false, false, false);
    if (!solver.decompose(matrix.copy())) {
      throw new IllegalStateException("No singular values found of a circuit");
    }

    double[] values =
        Arrays.copyOf(solver.getSingularValues(), Math.min(matrix.numRows, matrix.numCols));
    Arrays.sort(values);
    for (int i = 0; i < values.length / 2; i++) {
      double small = values[i];
      values[i] = values[values.length - 1 - i];
      values[values.length - 1 - i] = small;
    }

    return new Spectrum(values);
  }

  /**
   * The triangle R of a matrix's columns made orthogonal, [E, E]; the matrix itself if it is flat.
   */
  static DMatrixRMaj triangle(DMatrixRMaj tall) {
    QRDecomposition<DMatrixRMaj> solver = DecompositionFactory_DDRM.qr(tall.numRows, tall.numCols);
    solver.decompose(tall.copy()); // it says whether columns are independent, which need not be
    return solver.getR(null, true);
  }

  /** The Frobenius norm. */
  public double norm() {
    return Math.sqrt(squares());
  }

  private double squares() {
    return Arrays.stream(values).map(value -> value * value).sum();
  }

  /**
   * How many equal singular values would be as spread out: (sum of squares)^2 over the sum of
   * fourth powers.
   *
   * @return null if all are 0
   */
  public Double effectiveRank() {
    double squares = squares();
    double fourths = Arrays.stream(values).map(value -> value * value * value * value).sum();
    return fourths == 0 ? null : Double.valueOf(squares * squares / fourths);
  }
}
