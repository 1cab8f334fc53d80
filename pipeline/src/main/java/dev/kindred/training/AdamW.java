/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * AdamW: Adam with decoupled weight decay (Loshchilov and Hutter 2019). Bias is corrected as at the
 * end of section 2 of Kingma and Ba (2015), where epsilon is added before the correction.
 */
final class AdamW {
  private static final float EPSILON = 1e-8f;

  private final Recipe recipe;
  private final Map<String, NDArray> mean = new LinkedHashMap<>();
  private final Map<String, NDArray> variance = new LinkedHashMap<>();

  /**
   * Moments of zero.
   *
   * @param weights by name, whose manager closes the moments
   */
  AdamW(Recipe recipe, Map<String, NDArray> weights) {
    this.recipe = recipe;
    weights.forEach(
        (name, weight) -> {
          NDManager manager = weight.getManager();
          mean.put(name, manager.zeros(weight.getShape()));
          variance.put(name, manager.zeros(weight.getShape()));
        });
  }

  /** Decayed means of gradients, by weight. */
  Map<String, NDArray> mean() {
    return mean;
  }

  /** Decayed means of squared gradients, by weight. */
  Map<String, NDArray> variance() {
    return variance;
  }

  /**
   * Changes a weight and its moments; different weights may be changed by different threads.
   *
   * @param step from 1
   * @param scale factor of the gradient
   */
  void update(String name, NDArray weight, NDArray gradient, int step, double scale) {
    double rate = recipe.learningRateAt(step);
    double corrected =
        rate * Math.sqrt(1 - Math.pow(recipe.beta2(), step)) / (1 - Math.pow(recipe.beta1(), step));
    boolean decayed =
        recipe.decayedWeights() == Recipe.DecayedWeights.ALL || weight.getShape().dimension() > 1;
    weight
        .getNDArrayInternal()
        .adamUpdate(
            new NDList(weight, gradient, mean.get(name), variance.get(name)),
            new NDList(weight),
            (float) rate,
            (float) corrected,
            decayed ? (float) recipe.weightDecay() : 0,
            (float) scale,
            -1, // values are not clipped
            (float) recipe.beta1(),
            (float) recipe.beta2(),
            EPSILON,
            false,
            true);
  }
}
