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
}
