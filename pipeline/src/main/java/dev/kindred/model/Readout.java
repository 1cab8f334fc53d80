/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model;

import java.util.function.Function;

/** How a model reads logits from its residual stream. D = {@code d_model}. */
public final class Readout {
  private final int dimension;
  private final float[] rows;
  private final Function<float[], double[]> beforeNorm;

  /**
   * Makes the readout of a model's unembedding.
   *
   * @param rows V x D
   * @param beforeNorm the direction before the final norm that is a row's after it
   */
  public Readout(int dimension, float[] rows, Function<float[], double[]> beforeNorm) {
    this.dimension = dimension;
    this.rows = rows;
    this.beforeNorm = beforeNorm;
  }

  /**
   * The unembedding's row: the token's logit is its dot product with a normed vector, plus bias.
   */
  public float[] row(int token) {
    float[] row = new float[dimension];
    System.arraycopy(rows, token * dimension, row, 0, dimension);
    return row;
  }

  /**
   * The direction in which a vector before the final norm must point for a token's logit to be
   * high, as long as what the norm divides by is the same. Of any length.
   */
  public double[] direction(int token) {
    return beforeNorm.apply(row(token));
  }
}
