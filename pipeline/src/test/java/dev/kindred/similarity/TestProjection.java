/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.similarity;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kindred.kernel.TileKernel;
import dev.kindred.kernel.TileKernels;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class TestProjection {
  private static final List<TileKernel> KERNELS =
      List.of(TileKernels.get(TileKernels.Choice.SCALAR), TileKernels.get(TileKernels.Choice.SIMD));
  private static final int[] AXES = {1, 4, 16, 47, 95};

  @Test
  void prefixesBoundTheTrueSimilarity() {
    Random random = new Random(51);
    for (int dimension : new int[] {1, 3, 17, 96, 384}) {
      float[][] gaussian = JoinProblem.gaussian(random, 60, dimension);
      assertBounds("random", gaussian, gaussian);
      float[][] clustered = JoinProblem.clustered(random, 60, dimension);
      assertBounds("clustered", clustered, clustered);
      assertBounds("axes of other vectors", gaussian, clustered);
      assertBounds("fewer vectors than axes", Arrays.copyOf(gaussian, 2), clustered);
      assertBounds("axes of zeros", new float[9][dimension], clustered);
      assertBounds("axes of zeros", new float[9][dimension], new float[9][dimension]);
      float[][] same = TestPrincipalAxes.same(random, 20, dimension);
      assertBounds("the same", same, same);
      assertBounds("subspace", subspace(random, 60, dimension), subspace(random, 60, dimension));
    }
  }

  private static void assertBounds(String kind, float[][] forAxes, float[][] vectors) {
    int dimension = vectors[0].length;
    double[][] similarities = new JoinProblem(vectors, vectors).similarities();
    PrincipalAxes axes = TestPrincipalAxes.axes(forAxes, Math.min(95, dimension));
    for (TileKernel kernel : KERNELS) {
      Projection projection = new Projection(kernel, axes);
      float[] all = prefixes(projection, vectors);
      assertBounds(kind, all, axes.count(), similarities, projection.boundError(axes.count()));
      for (int few : AXES) {
        if (few < axes.count()) {
          float[] shorter = new float[vectors.length * (few + 1)];
          projection.shorten(all, vectors.length, few, shorter);
          assertBounds(kind, shorter, few, similarities, projection.boundError(few));
        }
      }
    }
  }

  private static void assertBounds(
      String kind, float[] prefixes, int axes, double[][] similarities, double error) {
    int length = axes + 1;
    for (int i = 0; i < similarities.length; i++) {
      for (int j = 0; j < similarities.length; j++) {
        double upper = 0;
        for (int k = 0; k < length; k++) {
          upper += (double) prefixes[i * length + k] * prefixes[j * length + k];
        }

        double outside = (double) prefixes[(i + 1) * length - 1] * prefixes[(j + 1) * length - 1];
        assertThat(similarities[i][j])
            .as("%s, %d axes", kind, axes)
            .isBetween(upper - 2 * outside - error, upper + error);
      }
    }
  }

  @Test
  void axesThatHoldAllVectorsLeaveNothingOutside() {
    Random random = new Random(52);
    float[][] vectors = subspace(random, 300, 64);
    for (TileKernel kernel : KERNELS) {
      Projection projection = new Projection(kernel, TestPrincipalAxes.axes(vectors, 12));
      float[] prefixes = prefixes(projection, vectors);
      for (int i = 0; i < vectors.length; i++) {
        // What the projection's own error leaves: sqrt(2 e).
        assertThat(prefixes[(i + 1) * projection.length() - 1]).isBetween(0f, 0.02f);
      }
    }
  }

  @Test
  void moreAxesLeaveLessOutside() {
    float[][] vectors = JoinProblem.clustered(new Random(53), 50, 96);
    vectors[25] = vectors[0];
    Projection projection = new Projection(KERNELS.get(1), TestPrincipalAxes.axes(vectors, 95));
    float[] all = prefixes(projection, vectors);
    float[] before = null;
    for (int few : new int[] {1, 4, 16, 47}) {
      float[] shorter = new float[vectors.length * (few + 1)];
      projection.shorten(all, vectors.length, few, shorter);
      float[] outside = new float[vectors.length];
      for (int i = 0; i < vectors.length; i++) {
        outside[i] = shorter[(i + 1) * (few + 1) - 1];
        assertThat(outside[i]).isLessThanOrEqualTo(before == null ? 1 : before[i]);
      }

      before = outside;
    }
  }

  @Test
  void bothKernelsProjectToTheSameBits() {
    float[][] vectors = JoinProblem.clustered(new Random(54), 77, 33);
    PrincipalAxes axes = TestPrincipalAxes.axes(vectors, 19);
    assertThat(prefixes(new Projection(KERNELS.get(0), axes), vectors))
        .isEqualTo(prefixes(new Projection(KERNELS.get(1), axes), vectors));
  }

  private static float[] prefixes(Projection projection, float[][] vectors) {
    float[] prefixes = new float[vectors.length * projection.length()];
    projection.project(
        TestPrincipalAxes.pack(vectors, TileKernel.WINDOWS), vectors.length, prefixes);
    return prefixes;
  }

  /** Vectors in a subspace of ten dimensions, the same for every call, where there are more. */
  private static float[][] subspace(Random random, int count, int dimension) {
    float[][] directions = JoinProblem.gaussian(new Random(dimension), 10, dimension);
    float[][] along = JoinProblem.gaussian(random, count, 10);
    float[][] vectors = new float[count][dimension];
    for (int i = 0; i < count; i++) {
      for (int a = 0; a < 10; a++) {
        for (int k = 0; k < dimension; k++) {
          vectors[i][k] += along[i][a] * directions[a][k];
        }
      }
    }

    return vectors;
  }
}
