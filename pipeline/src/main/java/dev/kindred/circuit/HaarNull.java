/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.circuit;

import java.util.Arrays;
import java.util.SplittableRandom;
import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.factory.DecompositionFactory_DDRM;
import org.ejml.interfaces.decomposition.QRDecomposition;

/**
 * Composition scores of two circuits between which the stream is turned at random. Their square has
 * the mean 1 / n, whatever the circuits are, and a deviation that singular values tell exactly; the
 * score itself is sampled.
 */
public final class HaarNull {
  private final double[][] squares; // of each rotation: those of the corner [E, E]
  private final int width;

  /**
   * Draws rotations.
   *
   * @param dimension n, of the space in which everything lies that is written and read
   * @param width E
   */
  public HaarNull(int dimension, int width, int draws, long seed) {
    this(width, squares(dimension, width, 0, draws, seed));
  }

  /**
   * Takes rotations that were drawn before.
   *
   * @param squares of {@link #squares}
   */
  HaarNull(int width, double[][] squares) {
    this.width = width;
    this.squares = squares;
  }

  /**
   * Draws rotations.
   *
   * @param from number of the first
   * @param to number after the last one
   * @return of each, the squares of the numbers in its corner [E, E]
   */
  static double[][] squares(int dimension, int width, int from, int to, long seed) {
    double[][] squares = new double[to - from][];
    for (int draw = from; draw < to; draw++) {
      DMatrixRMaj normal = ScoreNull.normal(dimension, width, new SplittableRandom(seed + draw));
      QRDecomposition<DMatrixRMaj> solver = DecompositionFactory_DDRM.qr(dimension, width);
      if (!solver.decompose(normal)) {
        throw new IllegalStateException("No rotation found of normal numbers");
      }

      double[] corner = Arrays.copyOf(solver.getQ(null, true).data, width * width);
      Arrays.setAll(corner, i -> corner[i] * corner[i]); // whatever sign a column has
      squares[draw - from] = corner;
    }

    return squares;
  }

  /** The mean and the standard deviation of scores. */
  public record Sample(double mean, double deviation) {}

  /**
   * The variance of a score's square: 2 (sum p^2 - 1/n) (sum q^2 - 1/n) / ((n - 1) (n + 2)), p and
   * q being the shares of the squared singular values.
   *
   * @param dimension n
   * @return the standard deviation
   */
  public static double deviationOfSquare(Spectrum first, Spectrum second, int dimension) {
    double n = dimension;
    double a = Math.max(0, 1 / first.effectiveRank() - 1 / n);
    double b = Math.max(0, 1 / second.effectiveRank() - 1 / n);
    return Math.sqrt(2 * a * b / ((n - 1) * (n + 2)));
  }

  /** Samples the scores of two circuits, neither of which is 0. */
  public Sample sample(Spectrum first, Spectrum second) {
    double[] p = shares(first);
    double[] q = shares(second);
    double[] scores = new double[squares.length];
    for (int draw = 0; draw < scores.length; draw++) {
      double square = 0;
      for (int i = 0; i < width; i++) {
        double row = 0;
        for (int j = 0; j < width; j++) {
          row += q[j] * squares[draw][i * width + j];
        }

        square += p[i] * row;
      }

      scores[draw] = Math.sqrt(square);
    }

    double mean = Arrays.stream(scores).sum() / scores.length;
    double deviation =
        Math.sqrt(
            Arrays.stream(scores).map(score -> (score - mean) * (score - mean)).sum()
                / (scores.length - 1));
    return new Sample(mean, deviation);
  }

  private static double[] shares(Spectrum spectrum) {
    double squares = spectrum.norm() * spectrum.norm();
    return Arrays.stream(spectrum.values()).map(value -> value * value / squares).toArray();
  }
}
