/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.math;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.math.BigDecimal;
import java.util.Random;
import org.junit.jupiter.api.Test;

class TestCosine {

  @Test
  void aVectorIsSimilarToItselfWithOne() {
    float[] a = vector(new Random(1), 37);
    assertThat(similarity(a, a)).isCloseTo(1, within(1e-15));
  }

  @Test
  void lengthDoesNotMatter() {
    Random random = new Random(2);
    float[] a = vector(random, 19);
    float[] b = vector(random, 19);
    float[] doubled = b.clone();
    for (int i = 0; i < doubled.length; i++) {
      doubled[i] *= 2;
    }

    assertThat(similarity(a, doubled)).isEqualTo(similarity(a, b));
  }

  @Test
  void aVectorOfZerosHasSimilarityZero() {
    assertThat(similarity(new float[5], new float[] {1, 2, 3, 4, 5})).isZero();
    assertThat(similarity(new float[5], new float[5])).isZero();
  }

  @Test
  void agreesWithExactArithmetic() {
    Random random = new Random(3);
    for (int dimension : new int[] {1, 5, 8, 9, 64, 383}) {
      float[] a = vector(random, dimension);
      float[] b = vector(random, dimension);
      double expected = exact(a, b) / Math.sqrt(exact(a, a) * exact(b, b));
      assertThat(similarity(a, b)).as("dimension %d", dimension).isCloseTo(expected, within(1e-14));
    }
  }

  @Test
  void sumsInSixteenChainsThatAreAddedPairwise() {
    Random random = new Random(5);
    for (int dimension = 1; dimension < 70; dimension++) {
      float[] a = vector(random, dimension);
      float[] b = vector(random, dimension);
      double[] sums = new double[16];
      for (int k = 0; k < dimension; k++) {
        sums[k % 16] += (double) a[k] * b[k];
      }

      for (int half = 8; half > 0; half /= 2) {
        for (int i = 0; i < half; i++) {
          sums[i] += sums[i + half];
        }
      }

      assertThat(ExactDot.dot(wide(a), 0, wide(b), 0, dimension))
          .as("dimension %d", dimension)
          .isEqualTo(sums[0]);
    }
  }

  @Test
  void rejectsVectorsOfDifferentLengths() {
    assertThatThrownBy(() -> similarity(new float[3], new float[2]))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("Invalid vectors: lengths differ, 3 != 2");
  }

  private static double similarity(float[] a, float[] b) {
    return Cosine.similarity(a, b);
  }

  private static double[] wide(float[] a) {
    double[] wide = new double[a.length];
    Cosine.widen(a, 0, a.length, wide, 0);
    return wide;
  }

  private static double exact(float[] a, float[] b) {
    BigDecimal sum = BigDecimal.ZERO;
    for (int i = 0; i < a.length; i++) {
      sum = sum.add(new BigDecimal(a[i]).multiply(new BigDecimal(b[i])));
    }

    return sum.doubleValue();
  }

  private static float[] vector(Random random, int dimension) {
    float[] vector = new float[dimension];
    for (int i = 0; i < dimension; i++) {
      vector[i] = (float) random.nextGaussian();
    }

    return vector;
  }
}
