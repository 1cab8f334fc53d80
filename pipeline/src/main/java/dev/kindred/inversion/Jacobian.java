/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.inversion;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.factory.DecompositionFactory_DDRM;
import org.ejml.interfaces.decomposition.QRDecomposition;
import org.ejml.interfaces.decomposition.SingularValueDecomposition_F64;

/**
 * What an output knows of each position's vector to first order: the derivative of all numbers that
 * count by that vector, of which singular values say how much longer a small step comes out than it
 * went in, in the direction that is seen best, the next, and so on. A direction with 0 is not seen:
 * there no search can go, and no output tells. It says nothing about large steps.
 *
 * <p>Letters in shapes: T = tokens of a sequence, D = {@code d_model}, n = numbers that count.
 */
public final class Jacobian {
  /** Tokens of sequences that go through the model at once, a sequence for each number. */
  private static final int TOKENS_AT_ONCE = 1 << 13;

  /**
   * What single precision leaves of the greatest singular value: the derivatives come from passes
   * in it, so that smaller ones are noise.
   */
  public static final double SEEN = 1e-5;

  private Jacobian() {}

  /**
   * Returns the singular values of each position.
   *
   * @param x T x D, at which the derivative is taken
   * @return T x D, each row descending; zeros where numbers that count are fewer than D
   */
  static double[][] singularValues(InvertedOutput output, float[] x, int dimension) {
    int length = x.length / dimension;
    int size = output.size(0);
    int together = Math.min(size, Math.max(1, TOKENS_AT_ONCE / length));
    List<Triangle> positions = new ArrayList<>();
    for (int position = 0; position < length; position++) {
      positions.add(new Triangle(dimension));
    }

    for (int first = 0; first < size; first += together) {
      int begun = first;
      int count = Math.min(together, size - first);
      float[] copies = new float[count * x.length];
      for (int i = 0; i < count; i++) {
        System.arraycopy(x, 0, copies, i * x.length, x.length);
      }

      float[] rows =
          output.gradient(
              copies,
              (sequence, o) -> {
                double[] derivative = new double[size];
                derivative[begun + sequence] = 1;
                return derivative;
              });
      IntStream.range(0, length)
          .parallel()
          .forEach(
              position -> positions.get(position).add(rows, position * dimension, x.length, count));
    }

    return positions.stream().parallel().map(Triangle::singularValues).toArray(double[][]::new);
  }

  /**
   * The rows of a matrix of D columns, of which only the triangular factor is kept: it has the same
   * singular values, and does not grow with rows.
   */
  private static final class Triangle {
    private final int dimension;
    private double[] kept = new double[0]; // rows x D

    private Triangle(int dimension) {
      this.dimension = dimension;
    }

    /** Adds rows that stand so far apart. */
    private void add(float[] from, int offset, int stride, int count) {
      double[] all = Arrays.copyOf(kept, kept.length + count * dimension);
      for (int row = 0; row < count; row++) {
        for (int i = 0; i < dimension; i++) {
          all[kept.length + row * dimension + i] = from[row * stride + offset + i];
        }
      }

      int rows = all.length / dimension;
      if (rows <= dimension) {
        kept = all;
        return;
      }

      QRDecomposition<DMatrixRMaj> qr = DecompositionFactory_DDRM.qr(rows, dimension);
      // What it returns says whether rank is lacking: then, too, the factor is right.
      qr.decompose(DMatrixRMaj.wrap(rows, dimension, all));
      kept = qr.getR(null, true).data;
    }

    private double[] singularValues() {
      int rows = kept.length / dimension;
      SingularValueDecomposition_F64<DMatrixRMaj> svd =
          DecompositionFactory_DDRM.svd(rows, dimension, false, false, true);
      if (!svd.decompose(DMatrixRMaj.wrap(rows, dimension, kept))) {
        throw new IllegalStateException("A derivative has no singular values");
      }

      double[] ascending = Arrays.copyOf(svd.getSingularValues(), dimension);
      Arrays.sort(ascending);
      return IntStream.range(0, dimension).mapToDouble(i -> ascending[dimension - 1 - i]).toArray();
    }
  }
}
