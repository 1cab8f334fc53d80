/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.inversion;

import dev.kindred.math.Vectors;
import dev.kindred.model.ResidualStream;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Gradient descent from some vectors to ones that give the outputs of others. Sequences have a loss
 * each and do not see one another.
 *
 * <p>Letters in shapes: B = sequences, T = tokens in each, D = {@code d_model}, n = numbers that
 * count of a sequence.
 */
final class Search {
  private final InvertedOutput output;
  private final InversionLoss[] lossOf; // B
  private final List<Descent.Walker> walkers; // B
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
        InvertedOutputs.of(model, target, length),
        loss,
        descent,
        steepness,
        start,
        InvertedOutputs.of(model, target, length).of(trueVectors));
  }

  private Search(
      InvertedOutput output,
      InversionLoss loss,
      Descent descent,
      Steepness steepness,
      float[] start,
      float[][] targets) {
    this(
        output,
        lossOf(output, Collections.nCopies(targets.length, loss), start, targets),
        Collections.nCopies(targets.length, descent),
        steepness,
        start,
        targets);
  }

  /**
   * Returns the loss of each sequence.
   *
   * @param losses as experiments say them, B
   * @param start B x T x D
   * @param targets what is to be met, B x n
   */
  static InversionLoss[] lossOf(
      InvertedOutput output, List<InversionLoss> losses, float[] start, float[][] targets) {
    InversionLoss[] of = losses.toArray(InversionLoss[]::new);
    if (losses.stream().anyMatch(InversionLoss::isBalanced)) {
      double[] ofL1 = lengths(output, InversionLoss.of(InversionLoss.Kind.L1, 1), start, targets);
      double[] ofCosine =
          lengths(output, InversionLoss.of(InversionLoss.Kind.COSINE, 1), start, targets);
      for (int sequence = 0; sequence < of.length; sequence++) {
        if (of[sequence].isBalanced()) {
          double alpha = ofCosine[sequence] == 0 ? 0 : ofL1[sequence] / ofCosine[sequence];
          of[sequence] = InversionLoss.mixed(alpha, 1);
        }
      }
    }

    return of;
  }

  /** Lengths of the gradients at a start, B. */
  private static double[] lengths(
      InvertedOutput output, InversionLoss loss, float[] start, float[][] targets) {
    float[] gradient =
        output.gradient(
            start,
            (sequence, o) -> {
              double[] derivative = new double[o.length];
              loss.of(o, targets[sequence], derivative);
              return derivative;
            });
    int size = start.length / targets.length;
    double[] lengths = new double[targets.length];
    for (int sequence = 0; sequence < lengths.length; sequence++) {
      lengths[sequence] = Vectors.norm(Vectors.row(gradient, sequence, size));
    }

    return lengths;
  }

  /**
   * A search that has not begun.
   *
   * @param lossOf of each sequence
   * @param descents of each sequence, all of as many steps, B
   * @param steepness by the rate of the first sequence
   * @param start B x T x D, which is not changed
   * @param targets what is to be met, B x n
   */
  Search(
      InvertedOutput output,
      InversionLoss[] lossOf,
      List<Descent> descents,
      Steepness steepness,
      float[] start,
      float[][] targets) {
    this.output = output;
    this.lossOf = lossOf;
    int size = start.length / targets.length; // T x D
    this.walkers =
        IntStream.range(0, targets.length)
            .mapToObj(sequence -> descents.get(sequence).walker(sequence * size, size))
            .toList();
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
          losses[sequence] = lossOf[sequence].of(o, targets[sequence], derivative);
          return derivative;
        });
  }

  /** Takes a step. */
  void step() {
    float[] steepest = steepness.of(gradient(), walkers.get(0).rate());
    walkers.forEach(walker -> walker.step(x, steepest));
  }
}
