/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.training;

import java.util.List;

/**
 * How a model is trained. Steps count from 1.
 *
 * @param seed of weights, batches and dropout
 * @param steps updates of the weights
 * @param batchTokens predicted tokens that a step learns from, about
 * @param contextWeights how many tokens are in sequences of an eighth, a quarter, a half and all of
 *     the model's context, relative to each other; of lengths above {@value Batches#TOKENS}, how
 *     many sequences there are
 * @param learningRate the highest
 * @param finalLearningRate the last step's
 * @param warmUpSteps steps in which the learning rate rises from 0
 * @param decay how it falls
 * @param decayStart the step after which it falls; 0 for the end of the warm-up
 * @param beta1 AdamW's decay of mean gradients, in [0, 1)
 * @param beta2 AdamW's decay of mean squared gradients, in [0, 1)
 * @param weightDecay part of each weight that a step takes off, as a multiple of the learning rate
 * @param decayedWeights which weights are decayed
 * @param clip longest gradient over all weights together; 0 for any
 * @param dropout probability of being dropped, in [0, 1)
 * @param evaluateEvery steps between two evaluations of both splits
 * @param evaluationContexts sequences of the model's whole context that are drawn from each split,
 *     once, to evaluate on
 */
public record Recipe(
    long seed,
    int steps,
    int batchTokens,
    List<Double> contextWeights,
    double learningRate,
    double finalLearningRate,
    int warmUpSteps,
    Decay decay,
    int decayStart,
    double beta1,
    double beta2,
    double weightDecay,
    DecayedWeights decayedWeights,
    double clip,
    double dropout,
    int evaluateEvery,
    int evaluationContexts) {

  /** How the learning rate falls. */
  public enum Decay {
    /** Along half a cosine, up to the last step. */
    COSINE,
    /** At once. */
    DROP
  }

  /** Which weights are decayed: matrices only, or biases and norms, too. */
  public enum DecayedWeights {
    MATRICES,
    ALL
  }

  /** Sequence lengths of a model with this context, one for each of {@link #contextWeights}. */
  int[] contextLengths(int context) {
    return new int[] {
      Math.max(1, context / 8), Math.max(1, context / 4), Math.max(1, context / 2), context
    };
  }

  /** The same with another seed. */
  public Recipe withSeed(long other) {
    return new Recipe(
        other,
        steps,
        batchTokens,
        contextWeights,
        learningRate,
        finalLearningRate,
        warmUpSteps,
        decay,
        decayStart,
        beta1,
        beta2,
        weightDecay,
        decayedWeights,
        clip,
        dropout,
        evaluateEvery,
        evaluationContexts);
  }

  /** The learning rate of a step. */
  double learningRateAt(int step) {
    if (step <= warmUpSteps) {
      return learningRate * step / warmUpSteps;
    }

    int start = Math.max(warmUpSteps, decayStart);
    if (step <= start) {
      return learningRate;
    }

    double fallen =
        decay == Decay.DROP
            ? 1
            : (1 - Math.cos(Math.PI * (step - start) / Math.max(1, steps - start))) / 2;
    return learningRate + (finalLearningRate - learningRate) * fallen;
  }
}
