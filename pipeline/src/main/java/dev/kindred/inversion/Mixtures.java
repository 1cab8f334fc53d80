/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.inversion;

import java.util.Arrays;
import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.CommonOps_DDRM;

/**
 * A search for mixtures a of the vocabulary, V numbers a position, whose vectors are e = a W. A
 * step a - r g W' moves e by - r g W'W, and all steps together move a by S W', where S, T x D, is
 * the sum of - r g: so the search runs in D dimensions and costs nothing by V.
 *
 * <p>Letters in shapes: R = positions of all sequences, V = {@code d_vocab}, D = {@code d_model}.
 */
final class Mixtures implements Search.Steepness {
  private final TokenVectors tokens;
  private final DMatrixRMaj products; // W'W, D x D
  private final double[] moved; // S, R x D

  /**
   * Mixtures that have not moved.
   *
   * @param products W'W
   * @param rows R
   */
  Mixtures(TokenVectors tokens, DMatrixRMaj products, int rows) {
    this.tokens = tokens;
    this.products = products;
    this.moved = new double[rows * tokens.dimension()];
  }

  /** The vectors of mixtures, R x V to R x D. */
  static float[] vectors(TokenVectors tokens, float[] mixtures) {
    int dimension = tokens.dimension();
    int rows = mixtures.length / tokens.size();
    float[] vectors = new float[rows * dimension];
    double[] sum = new double[dimension];
    for (int row = 0; row < rows; row++) {
      Arrays.fill(sum, 0);
      for (int token = 0; token < tokens.size(); token++) {
        double weight = mixtures[row * tokens.size() + token];
        for (int i = 0; i < dimension; i++) {
          sum[i] += weight * tokens.rows()[token * dimension + i];
        }
      }

      for (int i = 0; i < dimension; i++) {
        vectors[row * dimension + i] = (float) sum[i];
      }
    }

    return vectors;
  }

  @Override
  public float[] of(float[] gradient, double rate) {
    int dimension = tokens.dimension();
    double[] wide = new double[gradient.length];
    for (int i = 0; i < wide.length; i++) {
      wide[i] = gradient[i];
      moved[i] -= rate * gradient[i];
    }

    DMatrixRMaj steps = new DMatrixRMaj(wide.length / dimension, dimension);
    CommonOps_DDRM.mult(
        DMatrixRMaj.wrap(wide.length / dimension, dimension, wide), products, steps);
    float[] narrow = new float[wide.length];
    for (int i = 0; i < narrow.length; i++) {
      narrow[i] = (float) steps.data[i];
    }

    return narrow;
  }

  /**
   * The mixture of a row where the search is.
   *
   * @param start of the row, V
   */
  double[] mixture(int row, float[] start, int startRow) {
    int dimension = tokens.dimension();
    double[] mixture = new double[tokens.size()];
    for (int token = 0; token < mixture.length; token++) {
      double sum = start[startRow * mixture.length + token];
      for (int i = 0; i < dimension; i++) {
        sum += moved[row * dimension + i] * tokens.rows()[token * dimension + i];
      }

      mixture[token] = sum;
    }

    return mixture;
  }
}
