/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.math;

import java.util.Locale;

/**
 * The definition of cosine similarity in Kindred: the dot product in double precision of the stored
 * float vectors, divided by the product of their norms in double precision. A vector of zeros has
 * similarity 0 with every vector.
 *
 * <p>The dot product is that of {@link ExactDot}, so that the last bit is defined as well.
 */
public final class Cosine {
  /** Half a unit in the last place of 1.0f: the relative error of one float operation. */
  public static final double FLOAT_ROUNDING = 0x1p-24;

  private Cosine() {}

  /**
   * The similarity of two vectors, in [-1, 1] up to rounding; 0 if one of them is all zeros.
   *
   * @throws IllegalArgumentException if lengths differ
   */
  public static double similarity(float[] a, float[] b) {
    if (a.length != b.length) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT, "Invalid vectors: lengths differ, %d != %d", a.length, b.length));
    }

    double[] wideA = widened(a);
    double[] wideB = widened(b);
    return similarity(ExactDot.dot(wideA, 0, wideB, 0, a.length), norm(wideA) * norm(wideB));
  }

  private static double[] widened(float[] vector) {
    double[] wide = new double[vector.length];
    widen(vector, 0, vector.length, wide, 0);
    return wide;
  }

  private static double norm(double[] wide) {
    return Math.sqrt(ExactDot.dot(wide, 0, wide, 0, wide.length));
  }

  /** Similarity from a dot product and the product of both norms, in [-1, 1] up to rounding. */
  public static double similarity(double dot, double norms) {
    return norms == 0 ? 0 : dot / norms;
  }

  private static double norm(float[] a, int offset, int dimension) {
    double[] wide = new double[dimension];
    widen(a, offset, dimension, wide, 0);
    return norm(wide);
  }

  /** Norms of count x dimension floats. */
  public static double[] norms(float[] vectors, int count, int dimension) {
    double[] norms = new double[count];
    for (int i = 0; i < count; i++) {
      norms[i] = norm(vectors, i * dimension, dimension);
    }

    return norms;
  }

  public static void widen(float[] floats, int from, int length, double[] doubles, int to) {
    for (int k = 0; k < length; k++) {
      doubles[to + k] = floats[from + k];
    }
  }

  /**
   * How far a similarity in float can be from the true one, in whatever order it was summed: a sum
   * of {@code dimension} products errs by at most dimension * 2^-24 (Higham, Accuracy and Stability
   * of Numerical Algorithms, section 3.1, with |a||b| = 1), and scaling both vectors to unit length
   * by three more; the rest is slack for second-order terms.
   */
  public static double kernelError(int dimension) {
    return (dimension + 8) * FLOAT_ROUNDING;
  }
}
