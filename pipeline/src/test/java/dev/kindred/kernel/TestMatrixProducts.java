/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.kindred.kernel.MatrixProducts.Operand;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Products by blocks against the definition, at sizes around those of tiles and blocks. */
class TestMatrixProducts {
  private static double[] numbers(int count, long seed) {
    return new Random(seed).doubles(count, -1, 1).toArray();
  }

  @ParameterizedTest
  @CsvSource({
    "1, 1, 1",
    "4, 8, 8",
    "3, 5, 7",
    "5, 9, 17",
    "64, 192, 192",
    "65, 193, 194",
    "7, 400, 3",
    "130, 2, 200",
    "61, 191, 385",
    "97, 577, 1033"
  })
  void areThoseOfTheDefinition(int m, int k, int n) {
    double[] a = numbers(m * k, 1);
    double[] b = numbers(k * n, 2);
    double[] before = numbers(m * n, 3);
    double[] expected = before.clone();
    for (int i = 0; i < m; i++) {
      for (int j = 0; j < n; j++) {
        for (int p = 0; p < k; p++) {
          expected[i * n + j] = Math.fma(a[i * k + p], b[p * n + j], expected[i * n + j]);
        }
      }
    }

    double[] scalar = before.clone();
    new MatrixProducts(new ScalarProductKernel())
        .sum(Operand.rows(a, k), Operand.rows(b, n), m, k, n, Operand.rows(scalar, n));
    assertThat(scalar).containsExactly(expected);
    double[] simd = before.clone();
    new MatrixProducts(new SimdProductKernel())
        .sum(Operand.rows(a, k), Operand.rows(b, n), m, k, n, Operand.rows(simd, n));
    assertThat(simd).containsExactly(expected);
    double[] transposed = before.clone();
    MatrixProducts.add(
        Operand.transposed(turned(a, m, k), m),
        Operand.transposed(turned(b, k, n), k),
        m,
        k,
        n,
        transposed);
    assertThat(transposed).containsExactly(expected, within(0.));
    double[] wide = numbers((m + 1) * (n + 2), 4); // in which the sums stand from (1, 1)
    double[] within = wide.clone();
    for (int i = 0; i < m; i++) {
      System.arraycopy(before, i * n, within, (i + 1) * (n + 2) + 1, n);
      System.arraycopy(expected, i * n, wide, (i + 1) * (n + 2) + 1, n);
    }

    MatrixProducts.add(
        Operand.rows(a, k), Operand.rows(b, n), m, k, n, new Operand(within, n + 3, n + 2, 1));
    assertThat(within).containsExactly(wide);
  }

  private static double[] turned(double[] rows, int height, int width) {
    double[] turned = new double[rows.length];
    for (int i = 0; i < height; i++) {
      for (int j = 0; j < width; j++) {
        turned[j * height + i] = rows[i * width + j];
      }
    }

    return turned;
  }
}
