/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.subspace;

import dev.kindred.InvalidInput;
import java.util.Locale;

/**
 * AdamW (Loshchilov and Hutter 2019), as PyTorch has it, with settings of its own.
 *
 * <p>Both go the same way: normed gradients move every coordinate by about the learning rate, so
 * that what counts is the product of rate and steps.
 */
public enum Optimizer {
  /** The study's. */
  STUDY(3e-4, .9, .999, 50_000),

  /** The study's path in steps ten times as long, with a memory as long along the path. */
  FAST(3e-3, .9, .99, 5_000);

  private final double learningRate;
  private final double beta1;
  private final double beta2;
  private final int maxSteps;

  Optimizer(double learningRate, double beta1, double beta2, int maxSteps) {
    this.learningRate = learningRate;
    this.beta1 = beta1;
    this.beta2 = beta2;
    this.maxSteps = maxSteps;
  }

  /**
   * What {@link #toString} gave.
   *
   * @throws InvalidInput if there is none of that name
   */
  public static Optimizer parse(String text) {
    for (Optimizer optimizer : values()) {
      if (optimizer.toString().equals(text)) {
        return optimizer;
      }
    }

    throw new InvalidInput("--optimizer %s: expected fast or study", text);
  }

  /** Steps after which a search has failed, unless someone says otherwise. */
  public int maxSteps() {
    return maxSteps;
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** A descent that has not begun. */
  Descent descent(int size) {
    return new Descent(size);
  }

  /** Changes an array by its gradients, step by step. */
  final class Descent {
    private static final double WEIGHT_DECAY = .01;
    private static final float EPSILON = 1e-8f;

    private final float[] mean; // of gradients, decayed
    private final float[] variance; // of squared gradients, decayed
    private int steps;

    private Descent(int size) {
      this.mean = new float[size];
      this.variance = new float[size];
    }

    /**
     * Takes a step.
     *
     * @param x is changed
     * @param scale factor of the gradient
     */
    void step(float[] x, float[] gradient, float scale) {
      steps++;
      float kept1 = (float) beta1;
      float kept2 = (float) beta2;
      float added1 = (float) (1 - beta1) * scale;
      float added2 = (float) (1 - beta2) * scale * scale;
      float decay = (float) (1 - learningRate * WEIGHT_DECAY);
      float rate = (float) (learningRate / (1 - Math.pow(beta1, steps)));
      float root = (float) (1 / Math.sqrt(1 - Math.pow(beta2, steps)));
      float[] means = mean;
      float[] variances = variance;
      for (int i = 0; i < x.length; i++) {
        float slope = gradient[i];
        float m = kept1 * means[i] + added1 * slope;
        float v = kept2 * variances[i] + added2 * (slope * slope);
        means[i] = m;
        variances[i] = v;
        x[i] = decay * x[i] - rate * m / ((float) Math.sqrt(v) * root + EPSILON);
      }
    }
  }
}
