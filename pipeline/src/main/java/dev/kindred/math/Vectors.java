/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.math;

import java.util.Arrays;

/** Rows of row-major matrices. */
public final class Vectors {
  private Vectors() {}

  /** A copy of one row of a matrix with {@code columns} columns. */
  public static float[] row(float[] matrix, int row, int columns) {
    return Arrays.copyOfRange(matrix, row * columns, (row + 1) * columns);
  }

  /** The sum of two of the same length. */
  public static float[] sum(float[] a, float[] b) {
    float[] sum = new float[a.length];
    for (int i = 0; i < a.length; i++) {
      sum[i] = a[i] + b[i];
    }

    return sum;
  }

  /** The first vector less the second. */
  public static float[] difference(float[] a, float[] b) {
    float[] difference = new float[a.length];
    for (int i = 0; i < a.length; i++) {
      difference[i] = a[i] - b[i];
    }

    return difference;
  }

  /** Euclidean distance. */
  public static double distance(float[] a, float[] b) {
    return distance(a, 0, b, 0, a.length);
  }

  /** Euclidean distance of parts of two arrays. */
  public static double distance(float[] a, int fromA, float[] b, int fromB, int length) {
    double squares = 0;
    for (int i = 0; i < length; i++) {
      double difference = (double) a[fromA + i] - b[fromB + i];
      squares += difference * difference;
    }

    return Math.sqrt(squares);
  }

  /** Euclidean norm. */
  public static double norm(float[] vector) {
    double squares = 0;
    for (float component : vector) {
      squares += (double) component * component;
    }

    return Math.sqrt(squares);
  }

  /**
   * Returns the product of a row of floats with numbers, in double precision. Sums are taken in
   * eight chains, since a single one waits for each addition.
   *
   * @param from where the row begins
   */
  public static double dot(float[] rows, int from, double[] x) {
    double s0 = 0;
    double s1 = 0;
    double s2 = 0;
    double s3 = 0;
    double s4 = 0;
    double s5 = 0;
    double s6 = 0;
    double s7 = 0;
    int unrolled = x.length & -8;
    for (int i = 0, j = from; i < unrolled; i += 8, j += 8) {
      s0 += x[i] * rows[j];
      s1 += x[i + 1] * rows[j + 1];
      s2 += x[i + 2] * rows[j + 2];
      s3 += x[i + 3] * rows[j + 3];
      s4 += x[i + 4] * rows[j + 4];
      s5 += x[i + 5] * rows[j + 5];
      s6 += x[i + 6] * rows[j + 6];
      s7 += x[i + 7] * rows[j + 7];
    }

    double sum = ((s0 + s4) + (s2 + s6)) + ((s1 + s5) + (s3 + s7));
    for (int i = unrolled; i < x.length; i++) {
      sum += x[i] * rows[from + i];
    }

    return sum;
  }

  /**
   * Returns the distance of numbers from a row of floats times a factor, in double precision.
   *
   * @param from where the row begins
   */
  public static double distance(float[] rows, int from, double factor, double[] x) {
    double s0 = 0;
    double s1 = 0;
    double s2 = 0;
    double s3 = 0;
    int unrolled = x.length & -4;
    for (int i = 0, j = from; i < unrolled; i += 4, j += 4) {
      double d0 = x[i] - factor * rows[j];
      double d1 = x[i + 1] - factor * rows[j + 1];
      double d2 = x[i + 2] - factor * rows[j + 2];
      double d3 = x[i + 3] - factor * rows[j + 3];
      s0 += d0 * d0;
      s1 += d1 * d1;
      s2 += d2 * d2;
      s3 += d3 * d3;
    }

    double sum = (s0 + s2) + (s1 + s3);
    for (int i = unrolled; i < x.length; i++) {
      double d = x[i] - factor * rows[from + i];
      sum += d * d;
    }

    return Math.sqrt(sum);
  }
}
