/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.circuit;

import dev.kindred.kernel.MatrixProducts;
import dev.kindred.kernel.MatrixProducts.Operand;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.ejml.data.DMatrixRMaj;

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
      orthogonalize(normal);
      double[] corner = Arrays.copyOf(normal.data, width * width);
      Arrays.setAll(corner, i -> corner[i] * corner[i]); // whatever sign a column has
      squares[draw - from] = corner;
    }

    return squares;
  }

  /** Makes columns orthogonal and of length 1, each to those before it (Gram and Schmidt). */
  private static void orthogonalize(DMatrixRMaj columns) {
    int width = columns.numCols;
    double[] values = columns.data;
    double[] sums = new double[width];
    for (int column = 0; column < width; column++) {
      Arrays.fill(sums, 0);
      for (int row = 0; row < values.length; row += width) {
        double its = values[row + column];
        for (int i = column; i < width; i++) {
          sums[i] += its * values[row + i];
        }
      }

      double square = sums[column];
      double length = Math.sqrt(square);
      for (int i = column + 1; i < width; i++) {
        sums[i] /= square;
      }

      for (int row = 0; row < values.length; row += width) {
        double its = values[row + column];
        for (int i = column + 1; i < width; i++) {
          values[row + i] -= its * sums[i];
        }

        values[row + column] = its / length;
      }
    }
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
    return samples(List.of(first), List.of(second)).get(0);
  }

  /**
   * Samples the scores of pairs of circuits, none of which is 0, with the same rotations.
   *
   * @param first of each pair
   * @param second of each pair
   */
  List<Sample> samples(List<Spectrum> first, List<Spectrum> second) {
    int pairs = first.size();
    double[] p = shares(first); // [E, pairs]
    double[] q = shares(second);
    double[] sums = new double[pairs];
    double[] scores = new double[squares.length * pairs];
    for (int draw = 0; draw < squares.length; draw++) {
      double[] turned = new double[width * pairs];
      MatrixProducts.add(
          Operand.rows(squares[draw], width), Operand.rows(q, pairs), width, width, pairs, turned);
      Arrays.fill(sums, 0);
      for (int i = 0; i < turned.length; i += pairs) {
        for (int pair = 0; pair < pairs; pair++) {
          sums[pair] += p[i + pair] * turned[i + pair];
        }
      }

      for (int pair = 0; pair < pairs; pair++) {
        scores[pair * squares.length + draw] = Math.sqrt(sums[pair]);
      }
    }

    return IntStream.range(0, pairs)
        .mapToObj(
            pair ->
                sample(
                    Arrays.copyOfRange(scores, pair * squares.length, (pair + 1) * squares.length)))
        .toList();
  }

  private static Sample sample(double[] scores) {
    double mean = Arrays.stream(scores).sum() / scores.length;
    double deviation =
        Math.sqrt(
            Arrays.stream(scores).map(score -> (score - mean) * (score - mean)).sum()
                / (scores.length - 1));
    return new Sample(mean, deviation);
  }

  /** Shares of the squared singular values, a column a circuit, [E, circuits]. */
  private double[] shares(List<Spectrum> spectra) {
    double[] shares = new double[width * spectra.size()];
    for (int circuit = 0; circuit < spectra.size(); circuit++) {
      double[] values = spectra.get(circuit).values();
      double norm = spectra.get(circuit).norm();
      for (int i = 0; i < width; i++) {
        shares[i * spectra.size() + circuit] = values[i] * values[i] / (norm * norm);
      }
    }

    return shares;
  }
}
