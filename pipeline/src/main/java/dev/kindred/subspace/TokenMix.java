/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.subspace;

import dev.kindred.math.Softmax;
import dev.kindred.model.ResidualStream;
import java.util.function.DoublePredicate;

/**
 * Vectors that make the rest of a model predict either of two tokens, mixed from the first
 * directions of their subspaces.
 *
 * <p>Before the final norm only the direction of a mixture counts. Before a block its length does,
 * too, and vectors about as short as these are drowned by what the blocks add.
 *
 * @param cosine of the two directions
 * @param firstLogit of the first token, by its direction alone, of length 1
 * @param secondLogit of the second token, by its direction alone
 * @param sum what the model makes of the sum of both directions: probabilities, d_vocab
 * @param scaled the same when the second direction has first been made orthogonal to the first, and
 *     scaled by the ratio of the first logit to the second; empty if the two are parallel
 * @param balanced the same with the scale for which both tokens have the same probability; empty if
 *     {@code balance} is NaN
 * @param balance that scale of the second direction, in [1/1024, 1024]; NaN if there is none, or
 *     the directions are parallel
 */
public record TokenMix(
    double cosine,
    double firstLogit,
    double secondLogit,
    double[] sum,
    double[] scaled,
    double[] balanced,
    double balance) {
  private static final int HALVINGS = 40;
  private static final double WIDEST = 1024; // ratio of scales that is looked at

  /** The squared sine of parallel directions, at most: what is left of one is rounding then. */
  private static final double PARALLEL = 1e-6;

  private static final double[] NONE = {};

  /**
   * Mixes.
   *
   * @param block in [0, n_layers], from which on the mixture is run
   * @param firstDirection of length 1, d_model
   * @param secondDirection of length 1, d_model
   */
  public static TokenMix of(
      ResidualStream model,
      int block,
      int first,
      float[] firstDirection,
      int second,
      float[] secondDirection) {
    double cosine = 0;
    for (int i = 0; i < firstDirection.length; i++) {
      cosine += (double) firstDirection[i] * secondDirection[i];
    }

    double firstLogit = model.logitsAlone(block, firstDirection)[first];
    double secondLogit = model.logitsAlone(block, secondDirection)[second];
    double[] sum = probabilities(model, block, mixed(firstDirection, secondDirection, 1));
    if (1 - cosine * cosine < PARALLEL) {
      return new TokenMix(cosine, firstLogit, secondLogit, sum, NONE, NONE, Double.NaN);
    }

    float[] orthogonal = new float[secondDirection.length];
    for (int i = 0; i < orthogonal.length; i++) {
      orthogonal[i] =
          (float)
              ((secondDirection[i] - cosine * firstDirection[i]) / Math.sqrt(1 - cosine * cosine));
    }

    double balance =
        balance(
            scale -> {
              float[] logits = model.logitsAlone(block, mixed(firstDirection, orthogonal, scale));
              return logits[first] > logits[second];
            });
    return new TokenMix(
        cosine,
        firstLogit,
        secondLogit,
        sum,
        probabilities(model, block, mixed(firstDirection, orthogonal, firstLogit / secondLogit)),
        Double.isNaN(balance)
            ? NONE
            : probabilities(model, block, mixed(firstDirection, orthogonal, balance)),
        balance);
  }

  /**
   * Where the first token ceases to be the more probable one.
   *
   * @param isFirst whether it is with a scale of the second direction
   * @return NaN if it is not so at the lowest scale, or still so at the highest
   */
  private static double balance(DoublePredicate isFirst) {
    double low = 1 / WIDEST;
    double high = WIDEST;
    if (!isFirst.test(low) || isFirst.test(high)) {
      return Double.NaN;
    }

    for (int i = 0; i < HALVINGS; i++) {
      double middle = Math.sqrt(low * high);
      if (isFirst.test(middle)) {
        low = middle;
      } else {
        high = middle;
      }
    }

    return Math.sqrt(low * high);
  }

  private static float[] mixed(float[] first, float[] second, double scale) {
    float[] mixed = new float[first.length];
    for (int i = 0; i < mixed.length; i++) {
      mixed[i] = (float) (first[i] + scale * second[i]);
    }

    return mixed;
  }

  private static double[] probabilities(ResidualStream model, int block, float[] x) {
    float[] logits = model.logitsAlone(block, x);
    return Softmax.row(logits, 0, logits.length);
  }
}
