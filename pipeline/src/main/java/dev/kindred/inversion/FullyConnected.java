/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.inversion;

import dev.kindred.InvalidInput;
import dev.kindred.math.Cosine;
import java.util.SplittableRandom;
import org.apache.commons.math3.special.Erf;
import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.CommonOps_DDRM;

/**
 * A control of the search, after "Language modeling and discrete encodings": two random layers that
 * read all vectors of a sequence at once, GELU(x A' + a) C' + c. They say of every input what it
 * was, so that a search that does not find it is a poor search.
 *
 * <p>Letters in shapes: B = sequences, N = T D = numbers of a sequence, H = 4 N = hidden ones, n =
 * outputs: 4 N, or N where the control is narrow.
 */
final class FullyConnected implements InvertedOutput {
  static final int EXPANSION = 4;

  /** Weights that fit into some hundred megabytes. */
  private static final long MOST_WEIGHTS = 1 << 25;

  private static final long SEED = 999;
  private static final double ROOT_HALF = Math.sqrt(.5);
  private static final double DENSITY = 1 / Math.sqrt(2 * Math.PI); // of the normal, at 0

  private final DMatrixRMaj hidden; // A, H x N
  private final double[] hiddenBias; // a, H
  private final DMatrixRMaj last; // C, n x H
  private final double[] lastBias; // c, n

  /**
   * Of given weights.
   *
   * @param hidden H x N
   * @param hiddenBias H
   * @param last n x H
   * @param lastBias n
   */
  FullyConnected(float[] hidden, float[] hiddenBias, float[] last, float[] lastBias) {
    this(wide(hidden), wide(hiddenBias), wide(last), wide(lastBias));
  }

  private FullyConnected(double[] hidden, double[] hiddenBias, double[] last, double[] lastBias) {
    this.hidden = DMatrixRMaj.wrap(hiddenBias.length, hidden.length / hiddenBias.length, hidden);
    this.hiddenBias = hiddenBias;
    this.last = DMatrixRMaj.wrap(lastBias.length, hiddenBias.length, last);
    this.lastBias = lastBias;
  }

  /** The control of sequences of so many vectors, whose weights begin as PyTorch's layers do. */
  static FullyConnected random(BlockPart part, int length, int dimension) {
    int inputs = length * dimension;
    int size = EXPANSION * inputs;
    int outputs = part == BlockPart.CONTROL ? size : inputs;
    SplittableRandom random = new SplittableRandom(SEED);
    return new FullyConnected(
        uniform(random, size * inputs, inputs),
        uniform(random, size, inputs),
        uniform(random, outputs * size, size),
        uniform(random, outputs, size));
  }

  /**
   * Checks that memory holds the control of a prompt.
   *
   * @param number of the prompt, from 1
   * @throws InvalidInput if it does not
   */
  static void check(BlockPart part, int number, int length, int dimension) {
    long inputs = (long) length * dimension;
    long outputs = part == BlockPart.CONTROL ? EXPANSION * inputs : inputs;
    long weights = EXPANSION * inputs * (inputs + outputs);
    if (weights > MOST_WEIGHTS) {
      throw new InvalidInput(
          "--part %s: prompt %d has %d tokens of %d numbers each, for which the control has %,d weights,"
              + " more than %,d; give a shorter prompt%s",
          part.text(),
          number,
          length,
          dimension,
          weights,
          MOST_WEIGHTS,
          part == BlockPart.CONTROL ? ", or control-narrow" : "");
    }
  }

  private static double[] uniform(SplittableRandom random, int count, int inputs) {
    double bound = 1 / Math.sqrt(inputs);
    return random.doubles(count, -bound, bound).toArray();
  }

  private static double[] wide(float[] values) {
    double[] wide = new double[values.length];
    Cosine.widen(values, 0, values.length, wide, 0);
    return wide;
  }

  @Override
  public int size(int sequence) {
    return size();
  }

  private int size() {
    return lastBias.length;
  }

  @Override
  public float[][] of(float[] x) {
    return outputs(beforeActivation(x));
  }

  @Override
  public float[] gradient(float[] x, OfSequence number) {
    DMatrixRMaj before = beforeActivation(x);
    float[][] outputs = outputs(before);
    DMatrixRMaj seeds = new DMatrixRMaj(outputs.length, size());
    for (int sequence = 0; sequence < outputs.length; sequence++) {
      double[] derivative = number.derivative(sequence, outputs[sequence]);
      System.arraycopy(derivative, 0, seeds.data, sequence * size(), size());
    }

    DMatrixRMaj back = new DMatrixRMaj(outputs.length, hiddenBias.length);
    CommonOps_DDRM.mult(seeds, last, back);
    for (int i = 0; i < back.data.length; i++) {
      double value = before.data[i];
      back.data[i] *= share(value) + value * DENSITY * Math.exp(-value * value / 2);
    }

    DMatrixRMaj gradient = new DMatrixRMaj(outputs.length, hidden.numCols);
    CommonOps_DDRM.mult(back, hidden, gradient);
    float[] narrow = new float[x.length];
    for (int i = 0; i < narrow.length; i++) {
      narrow[i] = (float) gradient.data[i];
    }

    return narrow;
  }

  /** x A' + a, B x H. */
  private DMatrixRMaj beforeActivation(float[] x) {
    int sequences = x.length / hidden.numCols;
    DMatrixRMaj before = new DMatrixRMaj(sequences, hiddenBias.length);
    CommonOps_DDRM.multTransB(DMatrixRMaj.wrap(sequences, hidden.numCols, wide(x)), hidden, before);
    addToRows(before, hiddenBias);
    return before;
  }

  /** GELU(h) C' + c, B x n. */
  private float[][] outputs(DMatrixRMaj before) {
    DMatrixRMaj after = before.copy();
    for (int i = 0; i < after.data.length; i++) {
      after.data[i] *= share(after.data[i]);
    }

    DMatrixRMaj wide = new DMatrixRMaj(before.numRows, size());
    CommonOps_DDRM.multTransB(after, last, wide);
    addToRows(wide, lastBias);
    float[][] outputs = new float[before.numRows][size()];
    for (int i = 0; i < wide.data.length; i++) {
      outputs[i / size()][i % size()] = (float) wide.data[i];
    }

    return outputs;
  }

  private static void addToRows(DMatrixRMaj to, double[] row) {
    for (int i = 0; i < to.data.length; i++) {
      to.data[i] += row[i % row.length];
    }
  }

  /** The share of normal numbers below one. */
  private static double share(double value) {
    return .5 * (1 + Erf.erf(value * ROOT_HALF));
  }
}
