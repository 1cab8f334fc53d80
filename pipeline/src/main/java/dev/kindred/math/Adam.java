/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.math;

/**
 * Gradient descent with Adam (Kingma and Ba, 2015), betas .9 and .999, epsilon 1e-8 outside of the
 * root, and a rate that falls linearly to 0.
 */
public final class Adam {
  private static final double BETA1 = 0.9;
  private static final double BETA2 = 0.999;
  private static final double EPSILON = 1e-8;

  private final double rate;
  private final int steps;
  private final double[] means; // of gradients
  private final double[] squares;
  private int step;

  /**
   * @param rate of the first step: about how far a number moves
   * @param steps that will be taken
   * @param numbers that move
   */
  public Adam(double rate, int steps, int numbers) {
    this.rate = rate;
    this.steps = steps;
    this.means = new double[numbers];
    this.squares = new double[numbers];
  }

  /** Takes a step downhill. */
  public void step(double[] numbers, double[] gradient) {
    double current = rate * (1 - (double) step / steps);
    step++;
    for (int i = 0; i < numbers.length; i++) {
      means[i] += (1 - BETA1) * (gradient[i] - means[i]);
      squares[i] += (1 - BETA2) * (gradient[i] * gradient[i] - squares[i]);
      numbers[i] -=
          current
              * (means[i] / (1 - Math.pow(BETA1, step)))
              / (Math.sqrt(squares[i] / (1 - Math.pow(BETA2, step))) + EPSILON);
    }
  }
}
