/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.inversion;

import dev.kindred.InvalidInput;
import java.io.Serializable;
import java.util.Locale;

/**
 * How vectors go downhill: so many steps, whose rate falls linearly. Step i of N has the rate r0 (N
 * - i) / N + r1 i / N.
 *
 * @param optimizer what is done with a gradient
 * @param steps N
 * @param firstRate r0
 * @param lastRate r1, which no step has quite
 * @param isOfRoot whether rates are to be multiplied by the root of how many numbers a sequence
 *     has: where they share a step, so that each goes as far in a long sequence as in a short one
 */
public record Descent(
    Optimizer optimizer, int steps, double firstRate, double lastRate, boolean isOfRoot)
    implements Serializable {

  /** With rates that are the same for all sequences. */
  public Descent(Optimizer optimizer, int steps, double firstRate, double lastRate) {
    this(optimizer, steps, firstRate, lastRate, false);
  }

  /** What is done with a gradient. */
  public enum Optimizer {
    /** x - rate gradient. */
    GD,
    /** Adam (Kingma and Ba 2015): betas .9 and .999, epsilon 1e-8 outside of the root. */
    ADAM;

    /** The name: {@code adam}. */
    public String text() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** Checks what is given. */
  public Descent {
    if (!(firstRate > 0) || !(lastRate >= 0) || Double.isInfinite(firstRate + lastRate)) {
      throw new InvalidInput(
          "--learning-rate %s:%s: expected two numbers, such as .002:.0002", firstRate, lastRate);
    }
  }

  /** The descent of sequences of so many numbers, with rates that are used as they are. */
  Descent of(int numbers) {
    double root = Math.sqrt(numbers);
    return isOfRoot ? new Descent(optimizer, steps, root * firstRate, root * lastRate) : this;
  }

  double rate(int step) {
    return firstRate * (steps - step) / steps + lastRate * step / steps;
  }

  /**
   * A descent that has not begun.
   *
   * @param first of the numbers that move
   * @param size how many move
   */
  Walker walker(int first, int size) {
    return optimizer == Optimizer.GD ? new Plain(first, size) : new Adam(first, size);
  }

  /** Moves numbers, step by step. */
  abstract class Walker {
    final int first;
    final int size;
    private int step;

    private Walker(int first, int size) {
      this.first = first;
      this.size = size;
    }

    /** The rate of the next step. */
    final double rate() {
      return Descent.this.rate(step);
    }

    /** Takes the next step of those numbers that move. */
    final void step(float[] x, float[] gradient) {
      move(x, gradient, rate(), step + 1);
      step++;
    }

    /** Moves; the first step is 1. */
    abstract void move(float[] x, float[] gradient, double rate, int number);
  }

  private final class Plain extends Walker {
    private Plain(int first, int size) {
      super(first, size);
    }

    @Override
    void move(float[] x, float[] gradient, double rate, int number) {
      for (int i = first; i < first + size; i++) {
        x[i] = (float) (x[i] - rate * gradient[i]);
      }
    }
  }

  private final class Adam extends Walker {
    private static final double BETA1 = .9;
    private static final double BETA2 = .999;
    private static final double EPSILON = 1e-8;

    private final double[] mean;
    private final double[] variance;

    private Adam(int first, int size) {
      super(first, size);
      this.mean = new double[size];
      this.variance = new double[size];
    }

    @Override
    void move(float[] x, float[] gradient, double rate, int number) {
      double correction1 = 1 - Math.pow(BETA1, number);
      double correction2 = 1 - Math.pow(BETA2, number);
      for (int i = 0; i < size; i++) {
        double slope = gradient[first + i];
        mean[i] = BETA1 * mean[i] + (1 - BETA1) * slope;
        variance[i] = BETA2 * variance[i] + (1 - BETA2) * slope * slope;
        x[first + i] =
            (float)
                (x[first + i]
                    - rate
                        * (mean[i] / correction1)
                        / (Math.sqrt(variance[i] / correction2) + EPSILON));
      }
    }
  }

  @Override
  public String toString() {
    return String.format(
        Locale.ROOT,
        "%s steps=%d rate=%s:%s%s",
        optimizer.text(),
        steps,
        firstRate,
        lastRate,
        isOfRoot ? " times-root-of-numbers" : "");
  }
}
