/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.similarity;

/**
 * The definition of cosine similarity in Kindred: the dot product in double precision of the stored
 * float vectors, divided by the product of their norms in double precision. A vector of zeros has
 * similarity 0 with every vector.
 *
 * <p>Products of two floats are exact in double. Sums are taken in eight interleaved chains, then
 * pairwise, so that the last bit is defined as well.
 */
public final class Cosine {
  /** Half a unit in the last place of 1.0f: the relative error of one float operation. */
  private static final double FLOAT_ROUNDING = 0x1p-24;

  private Cosine() {}

  /**
   * Similarity of two vectors, in [-1, 1] up to rounding.
   *
   * @param norms product of both norms, from {@link #norm}
   */
  static double similarity(
      float[] a, int aOffset, float[] b, int bOffset, int dimension, double norms) {
    return norms == 0 ? 0 : dot(a, aOffset, b, bOffset, dimension) / norms;
  }

  /** Euclidean norm. */
  static double norm(float[] a, int offset, int dimension) {
    return Math.sqrt(dot(a, offset, a, offset, dimension));
  }

  private static double dot(float[] a, int aOffset, float[] b, int bOffset, int dimension) {
    double s0 = 0;
    double s1 = 0;
    double s2 = 0;
    double s3 = 0;
    double s4 = 0;
    double s5 = 0;
    double s6 = 0;
    double s7 = 0;
    int unrolled = dimension & -8;
    for (int k = 0; k < unrolled; k += 8) {
      int i = aOffset + k;
      int j = bOffset + k;
      s0 += (double) a[i] * b[j];
      s1 += (double) a[i + 1] * b[j + 1];
      s2 += (double) a[i + 2] * b[j + 2];
      s3 += (double) a[i + 3] * b[j + 3];
      s4 += (double) a[i + 4] * b[j + 4];
      s5 += (double) a[i + 5] * b[j + 5];
      s6 += (double) a[i + 6] * b[j + 6];
      s7 += (double) a[i + 7] * b[j + 7];
    }

    for (int k = unrolled; k < dimension; k++) {
      s0 += (double) a[aOffset + k] * b[bOffset + k];
    }

    return ((s0 + s1) + (s2 + s3)) + ((s4 + s5) + (s6 + s7));
  }

  /**
   * How far a {@link TileKernel}'s similarity can be from the true one: a chain of {@code
   * dimension} fused multiply-adds errs by at most dimension * 2^-24 (Higham, Accuracy and
   * Stability, section 3.1, with |a||b| = 1), and rounding both vectors to unit length by three
   * more; the rest is slack for second-order terms.
   */
  static double kernelError(int dimension) {
    return (dimension + 8) * FLOAT_ROUNDING;
  }
}
