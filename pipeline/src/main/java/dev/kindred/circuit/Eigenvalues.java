/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.circuit;

import dev.kindred.math.RealEigenvalues;
import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;
import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.CommonOps_DDRM;
import org.ejml.dense.row.NormOps_DDRM;

/**
 * The eigenvalues of a circuit, which are those of the small product of its factors in the other
 * order; the circuit has no others but 0.
 *
 * @param real parts, by falling modulus, a positive imaginary part before its conjugate
 * @param imaginary parts
 * @param trace their sum, which is no eigenvalue solver's
 */
public record Eigenvalues(double[] real, double[] imaginary, double trace) {
  private static final double REAL = 1e-10; // of the largest modulus

  /** Of the product's size, below which its powers vanish. */
  private static final double ROUNDING = 1e-14;

  /** Of the norm: a trace of so much is no rounding. */
  private static final double SURE = 1e-6;

  /** Those of a square matrix, all 0 if one of its powers is. */
  public static Eigenvalues of(DMatrixRMaj matrix) {
    int size = matrix.numRows;
    double trace = CommonOps_DDRM.trace(matrix);
    if (isNilpotent(matrix)) {
      return new Eigenvalues(new double[size], new double[size], 0);
    }

    double[][] values = RealEigenvalues.of(matrix.data, size);
    int[] order =
        IntStream.range(0, size)
            .boxed()
            .sorted(
                Comparator.comparingDouble((Integer i) -> Math.hypot(values[0][i], values[1][i]))
                    .thenComparingDouble(i -> values[1][i])
                    .reversed())
            .mapToInt(Integer::intValue)
            .toArray();
    return new Eigenvalues(
        Arrays.stream(order).mapToDouble(i -> values[0][i]).toArray(),
        Arrays.stream(order).mapToDouble(i -> values[1][i]).toArray(),
        trace);
  }

  /**
   * Whether a power of the matrix is 0. A solver would find eigenvalues far from 0 of such a matrix
   * once a number of it is rounded.
   */
  private static boolean isNilpotent(DMatrixRMaj matrix) {
    if (Math.abs(CommonOps_DDRM.trace(matrix)) > SURE * NormOps_DDRM.normF(matrix)) {
      return false; // which most are, and need no powers
    }

    DMatrixRMaj power = matrix.copy();
    for (int exponent = 1; exponent < 2 * matrix.numRows; exponent *= 2) {
      double norm = NormOps_DDRM.normF(power);
      if (norm <= ROUNDING && exponent > 1 || norm == 0) {
        return true;
      }

      CommonOps_DDRM.scale(1 / norm, power);
      power = Products.times(power, power);
    }

    return NormOps_DDRM.normF(power) <= ROUNDING;
  }

  /** The sum of moduli. */
  public double moduli() {
    return IntStream.range(0, real.length)
        .mapToDouble(i -> Math.hypot(real[i], imaginary[i]))
        .sum();
  }

  /**
   * The sum over the sum of moduli, in [-1, 1]: 1 if all are real and positive. How much a circuit
   * of values and outputs copies, or one of queries and keys matches.
   *
   * @return null if all eigenvalues are 0
   */
  public Double score() {
    double moduli = moduli();
    return moduli == 0 ? null : Double.valueOf(Math.max(-1, Math.min(1, trace / moduli)));
  }

  /** The share that is real and positive. */
  public double positiveShare() {
    double largest = real.length == 0 ? 0 : Math.hypot(real[0], imaginary[0]);
    return (double)
            IntStream.range(0, real.length)
                .filter(i -> Math.abs(imaginary[i]) < REAL * largest && real[i] > 0)
                .count()
        / real.length;
  }
}
