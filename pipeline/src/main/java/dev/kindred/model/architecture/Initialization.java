/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model.architecture;

import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * How a family's models begin before they are trained: weights are normal about 0, norms multiply
 * by 1, biases are 0 (see {@link Tensor.Start}). What differs is the deviation of the weights, and
 * in some families how they are drawn.
 */
@FunctionalInterface
public interface Initialization {
  /**
   * Counts changes of what a seed draws: a model that is drawn otherwise is another one.
   *
   * <p>2: the row of the token that pads texts is zero.
   */
  int VERSION = 2;

  /** The deviation of transformers, and of models that Kindred trains. */
  double DEVIATION = .02;

  /** All weights alike. */
  Initialization COMMON = tensor -> DEVIATION;

  /**
   * Returns the standard deviation of a tensor's numbers.
   *
   * @param tensor its name in the file with the weights
   */
  double deviation(String tensor);

  /**
   * Draws what a tensor begins with.
   *
   * @param random of this tensor alone
   * @param values all of its numbers, which are 0
   */
  default void begin(Tensor tensor, SplittableRandom random, float[] values) {
    switch (tensor.start()) {
      case NORMAL -> {
        double deviation = deviation(tensor.name());
        for (int i = 0; i < values.length; i++) {
          values[i] = (float) (deviation * random.nextGaussian());
        }
      }
      case ONES -> Arrays.fill(values, 1);
      case ZEROS -> {}
    }
  }
}
