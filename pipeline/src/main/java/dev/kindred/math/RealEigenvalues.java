/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.math;

import java.util.Arrays;

/**
 * The eigenvalues of a real square matrix, without vectors: reflections bring it to Hessenberg
 * form, and steps with two shifts split it (Francis 1961; {@code orthes} and {@code hqr} of
 * EISPACK, Smith et al. 1976).
 */
public final class RealEigenvalues {
  private static final double EPSILON = 0x1p-52;
  private static final int MOST_STEPS = 300; // for one eigenvalue, which takes two or three
  private static final int ODD_STEP = 10; // each such one has other shifts, to leave a cycle

  private final double[][] h;
  private final double[] real;
  private final double[] imaginary;
  private double shifted; // what was taken from the diagonal

  private RealEigenvalues(double[][] h) {
    this.h = h;
    this.real = new double[h.length];
    this.imaginary = new double[h.length];
  }

  /**
   * Returns the eigenvalues, in no order but that of a pair: the one with the positive imaginary
   * part comes before its conjugate.
   *
   * @param matrix n x n, row by row
   * @return n real parts, and n imaginary parts
   */
  public static double[][] of(double[] matrix, int n) {
    double[][] h = new double[n][];
    Arrays.setAll(h, i -> Arrays.copyOfRange(matrix, i * n, (i + 1) * n));
    RealEigenvalues eigenvalues = new RealEigenvalues(h);
    eigenvalues.toHessenberg();
    eigenvalues.split();
    return new double[][] {eigenvalues.real, eigenvalues.imaginary};
  }

  private void toHessenberg() {
    int n = h.length;
    double[] v = new double[n];
    double[] sums = new double[n];
    for (int m = 1; m < n - 1; m++) {
      double scale = 0;
      for (int i = m; i < n; i++) {
        scale += Math.abs(h[i][m - 1]);
      }

      if (scale == 0) {
        continue;
      }

      double squares = 0;
      for (int i = m; i < n; i++) {
        v[i] = h[i][m - 1] / scale;
        squares += v[i] * v[i];
      }

      double length = v[m] > 0 ? -Math.sqrt(squares) : Math.sqrt(squares);
      squares -= v[m] * length;
      v[m] -= length;
      Arrays.fill(sums, m - 1, n, 0);
      for (int i = m; i < n; i++) {
        addTimes(v[i], h[i], sums, m - 1);
      }

      for (int i = m; i < n; i++) {
        addTimes(-v[i] / squares, sums, h[i], m - 1);
      }

      for (double[] row : h) {
        addTimes(-product(row, v, m) / squares, v, row, m);
      }

      h[m][m - 1] = scale * length;
      for (int i = m + 1; i < n; i++) {
        h[i][m - 1] = 0;
      }
    }
  }

  /** Adds a factor times a row to another one, from a column on. */
  private static void addTimes(double factor, double[] row, double[] sum, int from) {
    for (int j = from; j < sum.length; j++) {
      sum[j] += factor * row[j];
    }
  }

  /** The inner product of two rows from a column on, in four sums that need not wait. */
  private static double product(double[] a, double[] b, int from) {
    double sum0 = 0;
    double sum1 = 0;
    double sum2 = 0;
    double sum3 = 0;
    int j = from;
    for (; j + 3 < a.length; j += 4) {
      sum0 += a[j] * b[j];
      sum1 += a[j + 1] * b[j + 1];
      sum2 += a[j + 2] * b[j + 2];
      sum3 += a[j + 3] * b[j + 3];
    }

    for (; j < a.length; j++) {
      sum0 += a[j] * b[j];
    }

    return sum0 + sum1 + (sum2 + sum3);
  }

  /** Finds eigenvalues from the last row up. */
  private void split() {
    double norm = 0;
    for (double[] row : h) {
      for (double value : row) {
        norm += Math.abs(value);
      }
    }

    int last = h.length - 1;
    int steps = 0;
    while (last >= 0) {
      int first = smallBelow(last, norm);
      if (first == last) {
        real[last] = h[last][last] + shifted;
        last--;
        steps = 0;
      } else if (first == last - 1) {
        pair(last);
        last -= 2;
        steps = 0;
      } else {
        if (steps == MOST_STEPS) {
          throw new IllegalStateException("No eigenvalues found of a matrix of " + h.length);
        }

        step(first, last, steps);
        steps++;
      }
    }
  }

  /**
   * The last row up to one whose number beside the diagonal is as good as 0; 0 if there is none.
   */
  private int smallBelow(int last, double norm) {
    int row = last;
    while (row > 0) {
      double size = Math.abs(h[row - 1][row - 1]) + Math.abs(h[row][row]);
      if (Math.abs(h[row][row - 1]) <= EPSILON * (size == 0 ? norm : size)) {
        return row;
      }

      row--;
    }

    return 0;
  }

  /** The two eigenvalues of the last 2 x 2 block. */
  private void pair(int last) {
    double product = h[last][last - 1] * h[last - 1][last];
    double half = (h[last - 1][last - 1] - h[last][last]) / 2;
    double square = half * half + product;
    double root = Math.sqrt(Math.abs(square));
    double corner = h[last][last] + shifted;
    if (square >= 0) {
      double far = half >= 0 ? half + root : half - root;
      real[last - 1] = corner + far;
      real[last] = far == 0 ? real[last - 1] : corner - product / far;
    } else {
      real[last - 1] = corner + half;
      real[last] = corner + half;
      imaginary[last - 1] = root;
      imaginary[last] = -root;
    }
  }

  /** One step with two shifts on rows first to last, three of them at least. */
  private void step(int first, int last, int steps) {
    double x = h[last][last];
    double y = h[last - 1][last - 1];
    double w = h[last][last - 1] * h[last - 1][last];
    if (steps > 0 && steps % ODD_STEP == 0) {
      shift(last, x);
      double size = Math.abs(h[last][last - 1]) + Math.abs(h[last - 1][last - 2]);
      x = .75 * size;
      y = x;
      w = -.4375 * size * size;
    }

    double p = 0;
    double q = 0;
    double r = 0;
    int start = last - 2;
    for (; ; start--) { // where two small numbers follow each other, the step can begin
      double z = h[start][start];
      double a = x - z;
      double b = y - z;
      p = (a * b - w) / h[start + 1][start] + h[start][start + 1];
      q = h[start + 1][start + 1] - z - a - b;
      r = h[start + 2][start + 1];
      double size = Math.abs(p) + Math.abs(q) + Math.abs(r);
      p /= size;
      q /= size;
      r /= size;
      if (start == first
          || Math.abs(h[start][start - 1]) * (Math.abs(q) + Math.abs(r))
              <= EPSILON
                  * Math.abs(p)
                  * (Math.abs(h[start - 1][start - 1])
                      + Math.abs(z)
                      + Math.abs(h[start + 1][start + 1]))) {
        break;
      }
    }

    for (int i = start + 2; i <= last; i++) {
      h[i][i - 2] = 0;
      if (i > start + 2) {
        h[i][i - 3] = 0;
      }
    }

    for (int k = start; k < last; k++) {
      boolean isOfThree = k != last - 1;
      double size = 1;
      if (k != start) {
        p = h[k][k - 1];
        q = h[k + 1][k - 1];
        r = isOfThree ? h[k + 2][k - 1] : 0;
        size = Math.abs(p) + Math.abs(q) + Math.abs(r);
        if (size == 0) {
          break;
        }

        p /= size;
        q /= size;
        r /= size;
      }

      double length = Math.sqrt(p * p + q * q + r * r);
      length = p < 0 ? -length : length;
      if (length == 0) {
        continue;
      }

      if (k != start) {
        h[k][k - 1] = -length * size;
      } else if (first != start) {
        h[k][k - 1] = -h[k][k - 1];
      }

      p += length;
      reflect(k, first, last, isOfThree, p / length, q / length, r / length, q / p, r / p);
    }
  }

  private void shift(int last, double by) {
    shifted += by;
    for (int i = 0; i <= last; i++) {
      h[i][i] -= by;
    }
  }

  /** Reflects rows k to k + 2 and columns likewise; (x, y, z) (1, q, r)' is taken away. */
  private void reflect(
      int k,
      int first,
      int last,
      boolean isOfThree,
      double x,
      double y,
      double z,
      double q,
      double r) {
    double[] row0 = h[k];
    double[] row1 = h[k + 1];
    if (isOfThree) {
      double[] row2 = h[k + 2];
      for (int j = k; j <= last; j++) {
        double sum = row0[j] + q * row1[j] + r * row2[j];
        row0[j] -= sum * x;
        row1[j] -= sum * y;
        row2[j] -= sum * z;
      }
    } else {
      for (int j = k; j <= last; j++) {
        double sum = row0[j] + q * row1[j];
        row0[j] -= sum * x;
        row1[j] -= sum * y;
      }
    }

    for (int i = first; i <= Math.min(last, k + 3); i++) {
      double[] row = h[i];
      double sum = x * row[k] + y * row[k + 1];
      if (isOfThree) {
        sum += z * row[k + 2];
        row[k + 2] -= sum * r;
      }

      row[k] -= sum;
      row[k + 1] -= sum * q;
    }
  }
}
