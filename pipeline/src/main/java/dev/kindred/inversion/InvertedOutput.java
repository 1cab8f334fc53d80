/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.inversion;

/**
 * An output as a function of the vectors of a sequence, and gradients of it. Sequences do not see
 * one another.
 *
 * <p>Letters in shapes: B = sequences, T = tokens in each, D = {@code d_model}, n = numbers that
 * count of a sequence, which may differ between sequences.
 */
interface InvertedOutput {

  /** How many numbers count of a sequence, n. */
  int size(int sequence);

  /**
   * Returns what counts.
   *
   * @param x B x T x D
   * @return B x n
   */
  float[][] of(float[] x);

  /** What is made of a sequence's numbers. */
  @FunctionalInterface
  interface OfSequence {
    /**
     * Returns the derivative by each number.
     *
     * @param sequence in [0, B)
     * @param output n numbers
     */
    double[] derivative(int sequence, float[] output);
  }

  /**
   * Returns the gradient of a number of each sequence by its vectors.
   *
   * @param x B x T x D
   * @return B x T x D
   */
  float[] gradient(float[] x, OfSequence number);
}
