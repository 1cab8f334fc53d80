/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.subspace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TestSubspace {
  /** U diag(6, 2) V' with U of (.8, .6, 0), (-.6, .8, 0) and V of (0, 1, 0), (1, 0, 0). */
  private static final float[][] KNOWN = {{-1.2f, 4.8f, 0}, {1.6f, 3.6f, 0}, {0, 0, 0}};

  @Test
  void ofAKnownMatrixHasItsSingularValues() {
    assertThat(Subspace.of(KNOWN, 2).singularValues())
        .containsExactly(new double[] {6, 2}, within(1e-6));
  }

  @Test
  void ofAKnownMatrixHasItsDirections() {
    Subspace subspace = Subspace.of(KNOWN, 2);
    assertThat(subspace.directions()[0]).containsExactly(new float[] {0, 1, 0}, within(1e-6f));
    assertThat(subspace.directions()[1]).containsExactly(new float[] {1, 0, 0}, within(1e-6f));
  }

  @Test
  void keepsNoMoreDirectionsThanAreAskedFor() {
    assertThat(Subspace.of(KNOWN, 1).ranks()).isEqualTo(1);
  }

  @Test
  void hasNoMoreDirectionsThanVectors() {
    assertThat(Subspace.of(new float[][] {{3, 4, 0}}, 10).ranks()).isEqualTo(1);
  }

  @ParameterizedTest
  @CsvSource({"20, 8", "8, 20"})
  void allDirectionsTogetherHaveEveryVectorInThem(int rows, int dimension) {
    float[][] vectors = gaussian(rows, dimension, 1);
    Subspace subspace = Subspace.of(vectors, dimension);
    for (float[] vector : vectors) {
      assertThat(projection(vector, subspace)).containsExactly(vector, within(1e-5f));
    }
  }

  @Test
  void squaresOfAllSingularValuesSumToThoseOfAllComponents() {
    float[][] vectors = gaussian(20, 8, 2);
    double squares = 0;
    for (float[] vector : vectors) {
      squares += dot(vector, vector);
    }

    double found = 0;
    for (double value : Subspace.of(vectors, 8).singularValues()) {
      found += value * value;
    }

    assertThat(found).isCloseTo(squares, within(1e-6 * squares));
  }

  @Test
  void directionsAreOrthonormal() {
    Subspace subspace = Subspace.of(gaussian(20, 8, 3), 8);
    for (int i = 0; i < 8; i++) {
      for (int j = 0; j < 8; j++) {
        assertThat(dot(subspace.directions()[i], subspace.directions()[j]))
            .isCloseTo(i == j ? 1 : 0, within(1e-6));
      }
    }
  }

  @Test
  void aDirectionsSignIsThatOfMostVectors() {
    float[][] vectors = {{-9, 1}, {2, 0}, {1, 0}};
    Subspace subspace = Subspace.of(vectors, 1);
    assertThat(subspace.directions()[0][0]).isPositive();
    assertThat(subspace.positiveShares()[0]).isCloseTo(2 / 3., within(1e-12));
  }

  @Test
  void withTwoHalvesTheSignIsThatOfTheirSum() {
    float[][] vectors = {{-3, 0}, {5, 0}, {-1, 0}, {1, 0}};
    assertThat(Subspace.of(vectors, 1).directions()[0][0]).isPositive();
    assertThat(Subspace.of(vectors, 1).positiveShares()[0]).isEqualTo(.5);
  }

  @Test
  void theOppositeOfAllVectorsHasTheOppositeDirection() {
    float[][] vectors = gaussian(5, 4, 4);
    float[] direction = Subspace.of(vectors, 1).directions()[0];
    for (float[] vector : vectors) {
      for (int i = 0; i < 4; i++) {
        vector[i] = -vector[i];
      }
    }

    float[] opposite = Subspace.of(vectors, 1).directions()[0];
    for (int i = 0; i < 4; i++) {
      assertThat(opposite[i]).isCloseTo(-direction[i], within(1e-6f));
    }
  }

  /** The part of a vector that lies in the span of all directions. */
  private static float[] projection(float[] v, Subspace subspace) {
    double[] sum = new double[v.length];
    for (float[] direction : subspace.directions()) {
      for (int i = 0; i < v.length; i++) {
        sum[i] += dot(v, direction) * direction[i];
      }
    }

    float[] projection = new float[v.length];
    for (int i = 0; i < v.length; i++) {
      projection[i] = (float) sum[i];
    }

    return projection;
  }

  private static float[][] gaussian(int rows, int dimension, long seed) {
    Random random = new Random(seed);
    float[][] vectors = new float[rows][dimension];
    for (float[] vector : vectors) {
      for (int i = 0; i < dimension; i++) {
        vector[i] = (float) random.nextGaussian();
      }
    }

    return vectors;
  }

  private static double dot(float[] a, float[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += (double) a[i] * b[i];
    }

    return sum;
  }
}
