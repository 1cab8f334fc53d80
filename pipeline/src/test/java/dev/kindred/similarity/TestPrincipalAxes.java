/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.similarity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.kindred.math.Cosine;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class TestPrincipalAxes {

  @Test
  void areOrthonormalUpToTheErrorTheyState() {
    Random random = new Random(41);
    for (int dimension : new int[] {1, 2, 17, 96, 384}) {
      int axes = Math.min(95, dimension);
      assertOrthonormal("random", JoinProblem.gaussian(random, 300, dimension), axes);
      assertOrthonormal("clustered", JoinProblem.clustered(random, 300, dimension), axes);
      assertOrthonormal(
          "fewer vectors than axes", JoinProblem.gaussian(random, 3, dimension), axes);
      assertOrthonormal("zeros", new float[10][dimension], axes);
      assertOrthonormal("the same", same(random, 40, dimension), axes);
    }
  }

  private static void assertOrthonormal(String kind, float[][] vectors, int count) {
    PrincipalAxes axes = axes(vectors, count);
    int dimension = vectors[0].length;
    float[] rows = axes.rows();
    double squares = 0;
    for (int a = 0; a < count; a++) {
      for (int b = 0; b < count; b++) {
        double product = 0;
        for (int k = 0; k < dimension; k++) {
          product += (double) rows[a * dimension + k] * rows[b * dimension + k];
        }

        double error = product - (a == b ? 1 : 0);
        squares += error * error;
      }
    }

    assertThat(rows).hasSize(count * dimension);
    assertThat(Math.sqrt(squares))
        .as("%s, %d axes of %d", kind, count, dimension)
        .isLessThan(1e-5)
        .isLessThanOrEqualTo(axes.projectionError());
    assertThat(axes.projectionError()).isLessThan(2e-3);
  }

  @Test
  void theFirstAxisIsTheDirectionThatMostVectorsHave() {
    Random random = new Random(42);
    float[][] vectors = JoinProblem.gaussian(random, 500, 30);
    for (float[] vector : vectors) {
      vector[7] *= 20;
    }

    float[] first = axes(vectors, 4).rows();
    assertThat(Math.abs((double) first[7])).isCloseTo(1, within(1e-2));
  }

  @Test
  void theSameVectorsGiveTheSameAxes() {
    float[][] vectors = JoinProblem.clustered(new Random(43), 200, 48);
    assertThat(axes(vectors, 20).rows()).isEqualTo(axes(vectors, 20).rows());
  }

  @Test
  void fewerAxesAreTheFirstOfMore() {
    PrincipalAxes axes = axes(JoinProblem.clustered(new Random(44), 200, 48), 20);
    PrincipalAxes first = axes.first(6);
    assertThat(first.count()).isEqualTo(6);
    assertThat(first.dimension()).isEqualTo(48);
    assertThat(axes.rows()).startsWith(first.rows());
  }

  /** A vector many times. */
  static float[][] same(Random random, int count, int dimension) {
    float[][] vectors = new float[count][];
    Arrays.fill(vectors, JoinProblem.gaussian(random, 1, dimension)[0]);
    return vectors;
  }

  static PrincipalAxes axes(float[][] vectors, int count) {
    int dimension = vectors[0].length;
    return PrincipalAxes.of(pack(vectors, 1), vectors.length, dimension, count);
  }

  /** Unit vectors in groups, the last filled up. */
  static float[] pack(float[][] vectors, int group) {
    int dimension = vectors[0].length;
    float[] rows = new float[vectors.length * dimension];
    double[] norms = new double[vectors.length];
    for (int i = 0; i < vectors.length; i++) {
      System.arraycopy(vectors[i], 0, rows, i * dimension, dimension);
      norms[i] = Cosine.norms(vectors[i], 1, dimension)[0];
    }

    float[] packed = new float[UnitVectors.groups(vectors.length, group) * group * dimension];
    UnitVectors.pack(rows, norms, vectors.length, dimension, group, packed);
    return packed;
  }
}
