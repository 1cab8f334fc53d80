/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.circuit;

import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.ejml.data.DMatrixRMaj;

/**
 * The scores of heads that do nothing in particular: normal numbers instead of a head's factors,
 * the model's own tokens between them. Their mean is 0, as the sign of one factor turns every
 * score.
 */
public final class ScoreNull {
  private ScoreNull() {}

  /**
   * Draws heads, and returns their squared scores.
   *
   * @param between the singular values of what stands between the factors, D numbers, of each null:
   *     what is normal stays so in any orthogonal basis
   * @param width E
   * @param from number of the first draw
   * @param to number after the last one
   * @return of each null and draw; nulls have the same heads
   */
  static double[][] squares(List<double[]> between, int width, int from, int to, long seed) {
    double[][] squares = new double[between.size()][to - from];
    for (int draw = from; draw < to; draw++) {
      SplittableRandom random = new SplittableRandom(seed + draw);
      int dimension = between.get(0).length;
      DMatrixRMaj left = normal(width, dimension, random);
      DMatrixRMaj right = normal(dimension, width, random);
      for (int its = 0; its < squares.length; its++) {
        DMatrixRMaj scaled = right.copy();
        for (int row = 0; row < dimension; row++) {
          double factor = between.get(its)[row];
          for (int i = row * width; i < (row + 1) * width; i++) {
            scaled.data[i] *= factor;
          }
        }

        Double score = Eigenvalues.of(Products.times(left, scaled)).score();
        squares[its][draw - from] = score == null ? 0 : score * score;
      }
    }

    return squares;
  }

  /**
   * Returns the standard deviation of scores about 0.
   *
   * @param between the singular values of what stands between the factors, D numbers
   * @param width E
   * @param draws of heads
   */
  public static double deviation(double[] between, int width, int draws, long seed) {
    return deviation(squares(List.of(between), width, 0, draws, seed)[0]);
  }

  /** The root of the mean of squares. */
  static double deviation(double[] squares) {
    return Math.sqrt(Arrays.stream(squares).sum() / squares.length);
  }

  static DMatrixRMaj normal(int rows, int columns, SplittableRandom random) {
    DMatrixRMaj normal = new DMatrixRMaj(rows, columns);
    Arrays.setAll(normal.data, i -> random.nextGaussian());
    return normal;
  }
}
