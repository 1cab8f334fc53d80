/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.similarity;

/**
 * The definition of cosine similarity in Kindred: the dot product in double precision of the stored
 * float vectors, divided by the product of their norms in double precision. A vector of zeros has
 * similarity 0 with every vector.
 *
 * <p>Products of two floats are exact in double. Sums are taken in sixteen interleaved chains, then
 * pairwise, so that the last bit is defined as well.
 */
final class Cosine {
  /** Half a unit in the last place of 1.0f: the relative error of one float operation. */
  static final double FLOAT_ROUNDING = 0x1p-24;

  private static final int CHAINS = 16;

  private Cosine() {}

  /** Similarity from a dot product and the product of both norms, in [-1, 1] up to rounding. */
  static double similarity(double dot, double norms) {
    return norms == 0 ? 0 : dot / norms;
  }

  /** Euclidean norm. */
  static double norm(float[] a, int offset, int dimension) {
    return Math.sqrt(dot(a, offset, a, offset, dimension));
  }

  /** The dot product in double precision. */
  static double dot(float[] a, int aOffset, float[] b, int bOffset, int dimension) {
    double[] chains = new double[CHAINS];
    int unrolled = dimension & -CHAINS;
    for (int k = 0; k < unrolled; k += CHAINS) {
      for (int chain = 0; chain < CHAINS; chain++) {
        chains[chain] += (double) a[aOffset + k + chain] * b[bOffset + k + chain];
      }
    }

    return finish(chains, a, aOffset, b, bOffset, unrolled, dimension);
  }

  /** Adds the components from {@code done} on to the first chains, then the chains pairwise. */
  static double finish(
      double[] chains, float[] a, int aOffset, float[] b, int bOffset, int done, int dimension) {
    for (int k = done; k < dimension; k++) {
      chains[k - done] += (double) a[aOffset + k] * b[bOffset + k];
    }

    for (int half = CHAINS / 2; half > 0; half /= 2) {
      for (int chain = 0; chain < half; chain++) {
        chains[chain] += chains[chain + half];
      }
    }

    return chains[0];
  }

  /**
   * How far a similarity in float can be from the true one, in whatever order it was summed: a sum
   * of {@code dimension} products errs by at most dimension * 2^-24 (Higham, Accuracy and Stability
   * of Numerical Algorithms, section 3.1, with |a||b| = 1), and scaling both vectors to unit length
   * by three more; the rest is slack for second-order terms.
   */
  static double kernelError(int dimension) {
    return (dimension + 8) * FLOAT_ROUNDING;
  }
}
