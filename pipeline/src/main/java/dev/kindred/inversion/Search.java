/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.inversion;

import dev.kindred.model.ResidualStream;

/**
 * Gradient descent from some vectors to ones that give the outputs of others. Sequences have a loss
 * each and do not see one another.
 *
 * <p>Letters in shapes: B = sequences, T = tokens in each, D = {@code d_model}, n = numbers that
 * count of a sequence.
 */
final class Search {
  private final TargetOutput output;
  private final InversionLoss loss;
  private final Descent.Walker walker;
  private final Steepness steepness;
  private final float[][] targets; // B x n
  private final double[] losses; // B
  private final float[] x;

  /** What a gradient goes through before a step is taken. */
  @FunctionalInterface
  interface Steepness {
    /** Takes it as it is. */
    Steepness PLAIN = (gradient, rate) -> gradient;

    /**
     * Returns B x T x D.
     *
     * @param rate of the step
     */
    float[] of(float[] gradient, double rate);
  }

  /**
   * A search that has not begun.
   *
   * @param start B x T x D, which is not changed
   * @param trueVectors B x T x D: their outputs are to be met
   */
  Search(
      ResidualStream model,
      Target target,
      int length,
      InversionLoss loss,
      Descent descent,
      Steepness steepness,
      float[] start,
      float[] trueVectors) {
    this(
        new TargetOutput(model, target, length),
        loss,
        descent,
        steepness,
        start,
        new TargetOutput(model, target, length).of(trueVectors));
  }

  /**
   * A search that has not begun.
   *
   * @param start B x T x D, which is not changed
   * @param targets what is to be met, B x n
   */
  Search(
      TargetOutput output,
      InversionLoss loss,
      Descent descent,
      Steepness steepness,
      float[] start,
      float[][] targets) {
    this.output = output;
    this.loss = loss;
    this.walker = descent.walker(start.length);
    this.steepness = steepness;
    this.targets = targets;
    this.losses = new double[targets.length];
    this.x = start.clone();
  }

  /** The vectors where the search is, B x T x D. */
  float[] vectors() {
    return x;
  }

  /** What is to be met, B x n. */
  float[][] targets() {
    return targets;
  }

  /** The output where the search is, B x n. */
  float[][] outputs() {
    return output.of(x);
  }

  /** Losses of the sequences before the last step. */
  double[] losses() {
    return losses;
  }

  /** The gradient of the losses by the vectors where the search is, B x T x D. */
  float[] gradient() {
    return output.gradient(
        x,
        (sequence, o) -> {
          double[] derivative = new double[o.length];
          losses[sequence] = loss.of(o, targets[sequence], derivative);
          return derivative;
        });
  }

  /** Takes a step. */
  void step() {
    walker.step(x, steepness.of(gradient(), walker.rate()));
  }
}
