/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.math;

/**
 * The dot product of floats in double precision, defined to the last bit: products of two floats
 * are exact in double, and sums are taken in sixteen interleaved chains, then pairwise.
 */
public final class ExactDot {
  /** Interleaved sums. */
  public static final int CHAINS = 16;

  private ExactDot() {}

  /** The dot product of floats, widened. */
  public static double dot(double[] a, int aOffset, double[] b, int bOffset, int dimension) {
    double[] chains = new double[CHAINS];
    int unrolled = dimension & -CHAINS;
    eightChains(a, aOffset, b, bOffset, unrolled, chains, 0);
    eightChains(a, aOffset, b, bOffset, unrolled, chains, 8);
    return finish(chains, a, aOffset, b, bOffset, unrolled, dimension);
  }

  private static void eightChains(
      double[] a, int aOffset, double[] b, int bOffset, int length, double[] chains, int first) {
    double s0 = 0;
    double s1 = 0;
    double s2 = 0;
    double s3 = 0;
    double s4 = 0;
    double s5 = 0;
    double s6 = 0;
    double s7 = 0;
    for (int k = first; k < length; k += CHAINS) {
      int i = aOffset + k;
      int j = bOffset + k;
      s0 += a[i] * b[j];
      s1 += a[i + 1] * b[j + 1];
      s2 += a[i + 2] * b[j + 2];
      s3 += a[i + 3] * b[j + 3];
      s4 += a[i + 4] * b[j + 4];
      s5 += a[i + 5] * b[j + 5];
      s6 += a[i + 6] * b[j + 6];
      s7 += a[i + 7] * b[j + 7];
    }

    chains[first] = s0;
    chains[first + 1] = s1;
    chains[first + 2] = s2;
    chains[first + 3] = s3;
    chains[first + 4] = s4;
    chains[first + 5] = s5;
    chains[first + 6] = s6;
    chains[first + 7] = s7;
  }

  /** Adds the components from {@code done} on to the first chains, then the chains pairwise. */
  public static double finish(
      double[] chains, double[] a, int aOffset, double[] b, int bOffset, int done, int dimension) {
    for (int k = done; k < dimension; k++) {
      chains[k - done] += a[aOffset + k] * b[bOffset + k];
    }

    double c0 = chains[0] + chains[8];
    double c1 = chains[1] + chains[9];
    double c2 = chains[2] + chains[10];
    double c3 = chains[3] + chains[11];
    double c4 = chains[4] + chains[12];
    double c5 = chains[5] + chains[13];
    double c6 = chains[6] + chains[14];
    double c7 = chains[7] + chains[15];
    return ((c0 + c4) + (c2 + c6)) + ((c1 + c5) + (c3 + c7));
  }
}
