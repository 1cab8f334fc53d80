/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.subspace;

import java.io.Serializable;
import java.util.Arrays;
import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.SingularOps_DDRM;
import org.ejml.dense.row.factory.DecompositionFactory_DDRM;
import org.ejml.interfaces.decomposition.SingularValueDecomposition_F64;

/**
 * The directions in which a set of vectors lies, the strongest first: right singular vectors of the
 * matrix with the vectors as rows, which are not centred.
 *
 * <p>A direction's sign is that for which most of the vectors have a positive cosine with it; if
 * they are in two halves, that for which their sum has.
 *
 * <p>Letters in shapes: R = vectors, D = {@code d_model}, K = directions.
 *
 * @param singularValues K, descending
 * @param directions K x D, orthonormal rows
 * @param positiveShares share of the vectors with a positive cosine with each direction, K, in [.5,
 *     1]
 */
public record Subspace(double[] singularValues, float[][] directions, double[] positiveShares)
    implements Serializable {

  /** Direction by direction, the vectors' dot products with one. */
  private record Projected(float[] direction, double positiveShare) {}

  /**
   * Decomposes vectors.
   *
   * @param vectors R x D
   * @param ranks directions to keep, at most
   */
  public static Subspace of(float[][] vectors, int ranks) {
    int rows = vectors.length;
    int dimension = vectors[0].length;
    double[] values = new double[rows * dimension];
    for (int row = 0; row < rows; row++) {
      for (int i = 0; i < dimension; i++) {
        values[row * dimension + i] = vectors[row][i];
      }
    }

    SingularValueDecomposition_F64<DMatrixRMaj> decomposition =
        DecompositionFactory_DDRM.svd(rows, dimension, false, true, true);
    if (!decomposition.decompose(DMatrixRMaj.wrap(rows, dimension, values))) {
      throw new IllegalStateException("No singular values found of " + rows + " vectors");
    }

    int kept = Math.min(ranks, Math.min(rows, dimension));
    DMatrixRMaj right = decomposition.getV(null, true); // K x D
    double[] singularValues =
        Arrays.copyOf(decomposition.getSingularValues(), Math.min(rows, dimension));
    SingularOps_DDRM.descendingOrder(
        null, false, singularValues, singularValues.length, right, true);
    float[][] directions = new float[kept][];
    double[] shares = new double[kept];
    for (int rank = 0; rank < kept; rank++) {
      double[] direction = Arrays.copyOfRange(right.data, rank * dimension, (rank + 1) * dimension);
      Projected signed = signed(direction, vectors);
      directions[rank] = signed.direction();
      shares[rank] = signed.positiveShare();
    }

    return new Subspace(Arrays.copyOf(singularValues, kept), directions, shares);
  }

  private static Projected signed(double[] direction, float[][] vectors) {
    int positive = 0;
    int negative = 0;
    double sum = 0;
    for (float[] vector : vectors) {
      double dot = 0;
      for (int i = 0; i < direction.length; i++) {
        dot += direction[i] * vector[i];
      }

      sum += dot;
      positive += dot > 0 ? 1 : 0;
      negative += dot < 0 ? 1 : 0;
    }

    boolean turned = negative > positive || negative == positive && sum < 0;
    float[] turnedTo = new float[direction.length];
    for (int i = 0; i < turnedTo.length; i++) {
      turnedTo[i] = (float) (turned ? -direction[i] : direction[i]);
    }

    return new Projected(turnedTo, (double) (turned ? negative : positive) / vectors.length);
  }

  public int ranks() {
    return directions.length;
  }
}
