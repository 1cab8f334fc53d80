/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.subspace;

import dev.kindred.InvalidInput;
import java.util.Locale;

/**
 * AdamW (Loshchilov and Hutter 2019), as PyTorch has it, with the study's settings or in longer
 * steps.
 *
 * <p>Its steps are gradients over their own size, so that a coordinate moves by about the learning
 * rate, however steep the loss is: what counts is the way, the product of rate and steps. So steps
 * that are k times as long take the same way in a k-th of them, if what decays from step to step,
 * which is the moments' memory, decays by the k-th power.
 */
public enum Optimizer {
  /** The study's: learning rate 3e-4, betas .9 and .999, at most 50,000 steps. */
  STUDY(1),

  /**
   * The study's way in a thirtieth of the steps. Before the final norm of the TinyShakespeare model
   * every vector ends with a cosine above .9999 with the one that the study's ends with.
   */
  FAST(30);

  private static final double LEARNING_RATE = 3e-4;
  private static final double BETA1 = .9;
  private static final double BETA2 = .999;
  private static final int MAX_STEPS = 50_000;

  private final double learningRate;
  private final double beta1;
  private final double beta2;
  private final int maxSteps;

  /** The study's in steps that are some times as long. */
  Optimizer(int stride) {
    this.learningRate = LEARNING_RATE * stride;
    this.beta1 = Math.pow(BETA1, stride);
    this.beta2 = Math.pow(BETA2, stride);
    this.maxSteps = (MAX_STEPS + stride - 1) / stride;
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
