/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.subspace;

import dev.kindred.model.ResidualStream;
import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * Finds vectors that make the rest of a model predict a token with certainty: gradient descent from
 * normal noise, with the mean loss of a group, until that is below {@link #ENOUGH}.
 *
 * <p>Letters in shapes: R = vectors of the group, D = {@code d_model}.
 */
final class EmbeddingSearch {
  /**
   * Mean loss in nats at which a group has converged. Norms bound logits, so that some tokens of a
   * model cannot come so low.
   */
  static final double ENOUGH = 1e-4;

  private EmbeddingSearch() {}

  /**
   * Where a search ended.
   *
   * @param vectors R x D
   * @param nats loss of each vector, R
   * @param steps taken by all of them
   * @param converged whether their mean loss came to be low enough
   */
  record Found(float[] vectors, float[] nats, int steps, boolean converged) {}

  /**
   * Searches for a group of one token.
   *
   * @param block in [0, n_layers], from which on vectors are run
   */
  static Found search(
      ResidualStream model, int block, EmbeddingRecipe recipe, EmbeddingRecipe.Unit unit) {
    int dimension = model.shape().modelDimension();
    float[] x = starts(recipe.seed(), unit, dimension);
    int[] targets = new int[unit.count()];
    Arrays.fill(targets, unit.tokenId());
    Optimizer.Descent descent = recipe.optimizer().descent(x.length);
    for (int steps = 0; ; steps++) {
      ResidualStream.Loss loss = model.loss(block, x, targets);
      boolean converged = mean(loss.nats()) < ENOUGH;
      if (converged || steps == recipe.maxSteps()) {
        return new Found(x, loss.nats(), steps, converged);
      }

      descent.step(x, loss.gradient(), 1f / unit.count());
    }
  }

  /** Normal noise that depends on seed, token and restart alone, R x D. */
  static float[] starts(long seed, EmbeddingRecipe.Unit unit, int dimension) {
    float[] starts = new float[unit.count() * dimension];
    for (int row = 0; row < unit.count(); row++) {
      SplittableRandom random = random(seed, unit.tokenId(), unit.first() + row);
      for (int i = 0; i < dimension; i++) {
        starts[row * dimension + i] = (float) random.nextGaussian();
      }
    }

    return starts;
  }

  /** Seeds whose difference is a multiple of the generator's step would give shifted sequences. */
  private static SplittableRandom random(long seed, int token, int restart) {
    long mixed = new SplittableRandom(seed).nextLong();
    mixed = new SplittableRandom(mixed ^ token).nextLong();
    return new SplittableRandom(new SplittableRandom(mixed ^ restart).nextLong());
  }

  private static double mean(float[] values) {
    double sum = 0;
    for (float value : values) {
      sum += value;
    }

    return sum / values.length;
  }
}
