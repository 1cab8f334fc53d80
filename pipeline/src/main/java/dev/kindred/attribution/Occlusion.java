/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.attribution;

import dev.kindred.math.Softmax;
import java.util.Arrays;

/**
 * Occlusion: what becomes of a prediction if one token is taken away.
 *
 * <p>There is one number a token. Where several replacements are tried, each is the weighted mean
 * of what they do, not what their averaged distribution would.
 *
 * @param drop how much of the objective is lost
 * @param totalVariation half of the summed differences of probabilities, in [0, 1]
 * @param kl divergence of the changed distribution from the prompt's own, in nats
 * @param l1Logits summed differences of logits, as published: it changes if one vector is added to
 *     every row of the unembedding
 */
public record Occlusion(double[] drop, double[] totalVariation, double[] kl, double[] l1Logits) {

  /**
   * Takes each token away in turn.
   *
   * @throws IllegalArgumentException if the only token would be left out
   */
  public static Occlusion of(AttributedPrediction prediction, Replacement replacement) {
    int length = prediction.length();
    Occlusion found =
        new Occlusion(
            new double[length], new double[length], new double[length], new double[length]);
    Own own = Own.of(prediction);
    if (replacement instanceof Replacement.Tokens several) {
      for (int t = 0; t < length; t++) {
        float[][] logits = prediction.logitsOfTokens(with(prediction, t, several.ids()));
        for (int i = 0; i < logits.length; i++) {
          found.add(own, t, logits[i], several.weights()[i]);
        }
      }

      return found;
    }

    int[][] orders = new int[length][];
    Arrays.setAll(orders, t -> new int[] {t});
    float[][] logits = Removal.logits(prediction, replacement, orders);
    for (int t = 0; t < length; t++) {
      found.add(own, t, logits[t], 1);
    }

    return found;
  }

  private static int[][] with(AttributedPrediction prediction, int t, int[] ids) {
    int[][] sequences = new int[ids.length][];
    for (int i = 0; i < ids.length; i++) {
      sequences[i] = prediction.tokenIds().clone();
      sequences[i][t] = ids[i];
    }

    return sequences;
  }

  /** What the prompt as it is gives, which everything is compared with. */
  private record Own(
      AttributedPrediction prediction, double value, double[] probabilities, double logNormalizer) {
    private static Own of(AttributedPrediction prediction) {
      float[] logits = prediction.logits();
      return new Own(
          prediction,
          prediction.value(),
          Softmax.row(logits, 0, logits.length),
          Objective.logNormalizer(logits));
    }
  }

  private void add(Own own, int t, float[] logits, double weight) {
    double[] p = own.probabilities();
    double[] q = Softmax.row(logits, 0, logits.length);
    double shift = Objective.logNormalizer(logits) - own.logNormalizer();
    double differences = 0;
    double divergence = 0;
    double ofLogits = 0;
    for (int v = 0; v < p.length; v++) {
      double ofLogit = (double) own.prediction().logits()[v] - logits[v];
      differences += Math.abs(p[v] - q[v]);
      divergence += p[v] == 0 ? 0 : p[v] * (ofLogit + shift); // finite also where q is 0
      ofLogits += Math.abs(ofLogit);
    }

    drop[t] += weight * (own.value() - own.prediction().objective().of(logits));
    totalVariation[t] += weight * differences / 2;
    kl[t] += weight * divergence;
    l1Logits[t] += weight * ofLogits;
  }
}
