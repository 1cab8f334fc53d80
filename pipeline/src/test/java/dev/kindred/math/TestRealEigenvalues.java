/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.math;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.Comparator;
import java.util.Random;
import java.util.stream.IntStream;
import org.ejml.data.Complex_F64;
import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.factory.DecompositionFactory_DDRM;
import org.ejml.interfaces.decomposition.EigenDecomposition_F64;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Eigenvalues against those of a library, and of matrices that have them written on them. */
class TestRealEigenvalues {
  private static Complex_F64[] sorted(double[][] found) {
    return sorted(
        IntStream.range(0, found[0].length)
            .mapToObj(i -> new Complex_F64(found[0][i], found[1][i]))
            .toArray(Complex_F64[]::new));
  }

  private static Complex_F64[] sorted(Complex_F64[] values) {
    return Arrays.stream(values)
        .sorted(
            Comparator.comparingDouble((Complex_F64 value) -> Math.rint(value.real * 1e6))
                .thenComparingDouble(value -> value.imaginary))
        .toArray(Complex_F64[]::new);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 7, 16, 33, 64})
  void areThoseOfTheLibrary(int n) {
    for (long seed = 0; seed < 20; seed++) {
      double[] matrix = new Random(seed).doubles(n * n, -1, 1).toArray();
      EigenDecomposition_F64<DMatrixRMaj> solver = DecompositionFactory_DDRM.eig(n, false);
      solver.decompose(DMatrixRMaj.wrap(n, n, matrix.clone()));
      Complex_F64[] expected =
          sorted(IntStream.range(0, n).mapToObj(solver::getEigenvalue).toArray(Complex_F64[]::new));
      double[][] found = RealEigenvalues.of(matrix, n);
      Complex_F64[] its = sorted(found);
      for (int i = 0; i < n; i++) {
        assertThat(its[i].real).isCloseTo(expected[i].real, within(1e-9));
        assertThat(its[i].imaginary).isCloseTo(expected[i].imaginary, within(1e-9));
        if (found[1][i] > 0) {
          assertThat(found[1][i + 1]).isEqualTo(-found[1][i]);
        }
      }
    }
  }

  @Test
  void aPermutationHasRootsOfOne() {
    int n = 12;
    double[] matrix = new double[n * n];
    for (int i = 0; i < n; i++) {
      matrix[i * n + (i + 1) % n] = 1;
    }

    double[][] found = RealEigenvalues.of(matrix, n);
    assertThat(Arrays.stream(found[0]).sum()).isCloseTo(0, within(1e-12));
    for (int i = 0; i < n; i++) {
      assertThat(Math.hypot(found[0][i], found[1][i])).isCloseTo(1, within(1e-12));
      double turns = n * Math.atan2(found[1][i], found[0][i]) / 2 / Math.PI;
      assertThat(turns).isCloseTo(Math.rint(turns), within(1e-9));
    }
  }

  @Test
  void triangularAndZeroMatricesHaveTheirDiagonals() {
    int n = 9;
    double[] triangle = new double[n * n];
    for (int i = 0; i < n; i++) {
      for (int j = i; j < n; j++) {
        triangle[i * n + j] = i == j ? i - 3 : 7;
      }
    }

    double[] found = RealEigenvalues.of(triangle, n)[0];
    Arrays.sort(found);
    assertThat(found)
        .containsExactly(IntStream.range(0, n).mapToDouble(i -> i - 3).toArray(), within(1e-9));
    assertThat(RealEigenvalues.of(new double[n * n], n)[0]).containsOnly(0);
    assertThat(RealEigenvalues.of(new double[0], 0)[0]).isEmpty();
  }
}
