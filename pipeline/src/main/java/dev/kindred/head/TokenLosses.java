/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.head;

import dev.kindred.math.Softmax;
import dev.kindred.model.Changes;
import dev.kindred.model.Hook;
import dev.kindred.model.HookPoint;
import dev.kindred.model.Input;
import dev.kindred.model.ResidualStream;
import java.util.Arrays;

/** What a model's predictions within a sequence miss: -ln p of each token after those before it. */
final class TokenLosses {
  /** Logits that are held at once. */
  private static final int LOGITS = 1 << 24;

  private TokenLosses() {}

  /**
   * Predicts the tokens of a sequence.
   *
   * @param after the residual stream after the last block, T x D
   * @return T - 1 losses in nats: number i is of token i + 1
   */
  static double[] of(ResidualStream model, float[] after, int[] tokens) {
    int dimension = model.shape().modelDimension();
    int vocabulary = model.shape().vocabularySize();
    int blocks = model.shape().blocks();
    int atOnce = Math.max(1, LOGITS / vocabulary);
    double[] losses = new double[tokens.length - 1];
    for (int from = 0; from < losses.length; from += atOnce) {
      int to = Math.min(losses.length, from + atOnce);
      float[] logits =
          model.at(
              Input.before(
                  blocks, Arrays.copyOfRange(after, from * dimension, to * dimension), to - from),
              Changes.NONE,
              Hook.of(HookPoint.LOGITS));
      for (int i = from; i < to; i++) {
        losses[i] = -Math.log(Softmax.row(logits, i - from, vocabulary)[tokens[i + 1]]);
      }
    }

    return losses;
  }

  /** The mean of losses from one to before another; NaN if there are none. */
  static double mean(double[] losses, int from, int to) {
    double sum = 0;
    for (int i = from; i < to; i++) {
      sum += losses[i];
    }

    return from < to ? sum / (to - from) : Double.NaN;
  }
}
