/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.inversion;

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
import org.ejml.dense.row.CommonOps_DDRM;

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

  /** W'W, D x D. */
  DMatrixRMaj products() {
    DMatrixRMaj products = new DMatrixRMaj(dimension, dimension);
    CommonOps_DDRM.multInner(matrix(), products);
    return products;
  }

  /**
   * Returns the product of a token's vector with numbers, in double precision.
   *
   * @param x D numbers
   * @param room D numbers, which are lost
   */
  double product(int token, double[] x, double[] room) {
    Cosine.widen(rows, token * dimension, dimension, room, 0);
    return ExactDot.dot(room, 0, x, 0, dimension);
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
