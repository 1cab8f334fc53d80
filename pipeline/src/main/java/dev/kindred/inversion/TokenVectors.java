/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.inversion;

import dev.kindred.kernel.MatrixProducts;
import dev.kindred.kernel.MatrixProducts.Operand;
import dev.kindred.kernel.Squares;
import dev.kindred.math.Cosine;
import dev.kindred.math.ExactDot;
import dev.kindred.model.Changes;
import dev.kindred.model.Hook;
import dev.kindred.model.HookPoint;
import dev.kindred.model.Input;
import dev.kindred.model.ModelShape;
import dev.kindred.model.ResidualStream;
import java.util.stream.IntStream;
import org.ejml.data.DMatrixRMaj;

/**
 * What each token of a vocabulary adds to the residual stream, W, and what positions add, p.
 *
 * <p>Letters in shapes: V = {@code d_vocab}, D = {@code d_model}, T = tokens of a sequence.
 *
 * @param rows V x D
 * @param size V
 * @param dimension D
 */
public record TokenVectors(float[] rows, int size, int dimension) {
  private static final int TOKENS = 576; // whose vectors are widened at once

  /** Those of a model. */
  public static TokenVectors of(ResidualStream model) {
    ModelShape shape = model.shape();
    int size = shape.vocabularySize();
    return new TokenVectors(
        model.embed(IntStream.range(0, size).toArray()), size, shape.modelDimension());
  }

  /**
   * What positions add to the stream: nothing where attention turns vectors instead.
   *
   * @return T x D
   */
  public static float[] positions(ResidualStream model, int length) {
    Hook hook = Hook.of(HookPoint.POS_EMBED, Hook.MODEL);
    return model.hooks().contains(hook)
        ? model.at(Input.tokens(new int[1][length]), Changes.NONE, hook)
        : new float[length * model.shape().modelDimension()];
  }

  /** The standard deviation of all numbers of W, divided by their count. */
  public double deviation() {
    double sum = 0;
    for (float value : rows) {
      sum += value;
    }

    double mean = sum / rows.length;
    double squares = 0;
    for (float value : rows) {
      squares += (value - mean) * (value - mean);
    }

    return Math.sqrt(squares / rows.length);
  }

  /** W in double precision, V x D. */
  DMatrixRMaj matrix() {
    double[] values = new double[rows.length];
    Cosine.widen(rows, 0, rows.length, values, 0);
    return DMatrixRMaj.wrap(size, dimension, values);
  }

  /** W'W, D x D, on all cores. */
  DMatrixRMaj products() {
    DMatrixRMaj products = new DMatrixRMaj(dimension, dimension);
    double[] wide = new double[Math.min(TOKENS, size) * dimension];
    for (int token = 0; token < size; token += TOKENS) {
      int tokens = Math.min(TOKENS, size - token);
      Cosine.widen(rows, token * dimension, tokens * dimension, wide, 0);
      Squares.panels(dimension)
          .parallel()
          .forEach(from -> Squares.add(wide, tokens, dimension, from, products.data));
    }

    Squares.mirror(products.data, dimension);
    return products;
  }

  /**
   * The products of vectors with each token's, in double precision, on all cores. Those of a vector
   * do not depend on what others are given with it.
   *
   * @param x R x D
   * @return R x V
   */
  double[][] products(double[][] x) {
    double[] all = new double[x.length * dimension];
    for (int i = 0; i < x.length; i++) {
      System.arraycopy(x[i], 0, all, i * dimension, dimension);
    }

    double[][] products = new double[x.length][size];
    IntStream.range(0, (size + TOKENS - 1) / TOKENS)
        .parallel()
        .map(stretch -> stretch * TOKENS)
        .forEach(
            token -> {
              int tokens = Math.min(TOKENS, size - token);
              double[] wide = new double[tokens * dimension];
              Cosine.widen(rows, token * dimension, wide.length, wide, 0);
              double[] sums = new double[x.length * tokens];
              MatrixProducts.add(
                  Operand.rows(all, dimension),
                  Operand.transposed(wide, dimension),
                  x.length,
                  dimension,
                  tokens,
                  sums);
              for (int i = 0; i < x.length; i++) {
                System.arraycopy(sums, i * tokens, products[i], token, tokens);
              }
            });
    return products;
  }

  /**
   * Returns the distance of numbers from a token's vector times a factor, in double precision.
   *
   * @param x D numbers
   * @param room D numbers, which are lost
   */
  double distance(int token, double factor, double[] x, double[] room) {
    int row = token * dimension;
    for (int i = 0; i < dimension; i++) {
      room[i] = x[i] - factor * rows[row + i];
    }

    return Math.sqrt(ExactDot.dot(room, 0, room, 0, dimension));
  }

  /** The rows of tokens, T x D. */
  float[] of(int[] tokenIds) {
    float[] of = new float[tokenIds.length * dimension];
    for (int i = 0; i < tokenIds.length; i++) {
      System.arraycopy(rows, tokenIds[i] * dimension, of, i * dimension, dimension);
    }

    return of;
  }
}
