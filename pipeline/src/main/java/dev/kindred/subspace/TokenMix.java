/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.subspace;

import dev.kindred.model.TappedGpt;
import dev.kindred.prediction.Softmax;

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
 *     scaled by the ratio of the first logit to the second
 * @param balanced the same with the scale for which both tokens have the same probability
 * @param balance that scale of the second direction
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

  /**
   * Mixes.
   *
   * @param block in [0, n_layers], from which on the mixture is run
   * @param firstDirection of length 1, d_model
   * @param secondDirection of length 1, d_model
   */
  public static TokenMix of(
      TappedGpt model,
      int block,
      int first,
      float[] firstDirection,
      int second,
      float[] secondDirection) {
    double cosine = 0;
    for (int i = 0; i < firstDirection.length; i++) {
      cosine += (double) firstDirection[i] * secondDirection[i];
    }

    float[] orthogonal = new float[secondDirection.length];
    for (int i = 0; i < orthogonal.length; i++) {
      orthogonal[i] =
          (float)
              ((secondDirection[i] - cosine * firstDirection[i]) / Math.sqrt(1 - cosine * cosine));
    }

    double firstLogit = model.logitsAlone(block, firstDirection)[first];
    double secondLogit = model.logitsAlone(block, secondDirection)[second];
    double low = 1 / WIDEST;
    double high = WIDEST;
    for (int i = 0; i < HALVINGS; i++) {
      double middle = Math.sqrt(low * high);
      float[] logits = model.logitsAlone(block, mixed(firstDirection, orthogonal, middle));
      if (logits[first] > logits[second]) {
        low = middle;
      } else {
        high = middle;
      }
    }

    double balance = Math.sqrt(low * high);
    return new TokenMix(
        cosine,
        firstLogit,
        secondLogit,
        probabilities(model, block, mixed(firstDirection, secondDirection, 1)),
        probabilities(model, block, mixed(firstDirection, orthogonal, firstLogit / secondLogit)),
        probabilities(model, block, mixed(firstDirection, orthogonal, balance)),
        balance);
  }

  private static float[] mixed(float[] first, float[] second, double scale) {
    float[] mixed = new float[first.length];
    for (int i = 0; i < mixed.length; i++) {
      mixed[i] = (float) (first[i] + scale * second[i]);
    }

    return mixed;
  }

  private static double[] probabilities(TappedGpt model, int block, float[] x) {
    float[] logits = model.logitsAlone(block, x);
    return Softmax.row(logits, 0, logits.length);
  }
}
