/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.causal;

import dev.kindred.training.TrainedModel;
import java.util.Arrays;

/** Gradients of the losses of prompts. */
final class Gradients {
  private Gradients() {}

  /** Returns [P], the gradient of -ln p of a prompt's explained token. */
  static float[] of(TrainedModel model, Explained prompt) {
    int length = prompt.tokens().length;
    int[] sequence = Arrays.copyOf(prompt.tokens(), length + 1);
    sequence[length] = prompt.token();
    boolean[] counted = new boolean[length];
    counted[length - 1] = true;
    return model.gradient(new int[][] {sequence}, new boolean[][] {counted});
  }

  static double dot(float[] a, float[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += (double) a[i] * b[i];
    }

    return sum;
  }
}
