/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.similarity;

import java.io.Serializable;
import java.util.SplittableRandom;

/**
 * A few orthonormal directions that hold most of the length of a set of vectors, so that a short
 * prefix of a rotated vector bounds its similarities.
 *
 * <p>Letters in shapes: A = axes, D = {@code d_model}.
 *
 * <p>For unit vectors u and v, orthonormal axes Q and the lengths r of what lies outside the axes,
 * |u.v - Qu.Qv| <= r_u r_v (Cauchy-Schwarz). Any axes are correct; good ones make r small.
 */
final class PrincipalAxes implements Serializable {
  private static final long serialVersionUID = 1L;

  private static final int SAMPLE = 1024;
  private static final int ITERATIONS = 8;

  private final int dimension;
  private final int count;
  private final float[] axes; // A x D
  private final double deviation;

  private PrincipalAxes(int dimension, int count, float[] axes) {
    this.dimension = dimension;
    this.count = count;
    this.axes = axes;
    this.deviation = deviation(axes, count, dimension);
  }

  /**
   * The first axes of vectors, by orthogonal iteration on their second moments (Golub and Van Loan,
   * Matrix Computations, section 8.2.4). The same vectors give the same axes.
   *
   * @param units vectors of length 1 or 0, at least count x D floats
   * @param axes how many, at most D
   */
  static PrincipalAxes of(float[] units, int vectors, int dimension, int axes) {
    double[][] basis = new double[dimension][axes];
    SplittableRandom random = new SplittableRandom(dimension);
    for (double[] row : basis) {
      for (int a = 0; a < axes; a++) {
        row[a] = random.nextDouble() - 0.5;
      }
    }

    orthonormalize(basis, axes);
    int step = Math.max(1, vectors / SAMPLE);
    for (int i = 0; i < ITERATIONS; i++) {
      basis = moments(units, vectors, step, dimension, basis, axes);
      orthonormalize(basis, axes);
    }

    float[] rows = new float[axes * dimension];
    for (int a = 0; a < axes; a++) {
      for (int k = 0; k < dimension; k++) {
        rows[a * dimension + k] = (float) basis[k][a];
      }
    }

    return new PrincipalAxes(dimension, axes, rows);
  }

  /** X^T X B for the rows of X that are sampled. */
  private static double[][] moments(
      float[] units, int vectors, int step, int dimension, double[][] basis, int axes) {
    double[][] product = new double[dimension][axes];
    double[] projected = new double[axes];
    for (int vector = 0; vector < vectors; vector += step) {
      java.util.Arrays.fill(projected, 0);
      for (int k = 0; k < dimension; k++) {
        addScaled(projected, basis[k], units[vector * dimension + k]);
      }

      for (int k = 0; k < dimension; k++) {
        addScaled(product[k], projected, units[vector * dimension + k]);
      }
    }

    return product;
  }

  private static void addScaled(double[] sum, double[] terms, double factor) {
    for (int i = 0; i < sum.length; i++) {
      sum[i] += factor * terms[i];
    }
  }

  /**
   * Gram-Schmidt on columns, twice; a column that vanishes is replaced by a unit direction. The
   * directions before its own have been given to earlier columns and are tried last: where there
   * are fewer vectors than axes, most columns vanish.
   */
  private static void orthonormalize(double[][] columns, int axes) {
    for (int a = 0; a < axes; a++) {
      double norm = reduce(columns, a);
      for (int tried = 0; norm < 1e-9 && tried < columns.length; tried++) {
        int k = (a + tried) % columns.length;
        for (int j = 0; j < columns.length; j++) {
          columns[j][a] = j == k ? 1 : 0;
        }

        norm = reduce(columns, a);
      }

      for (double[] row : columns) {
        row[a] /= norm;
      }
    }
  }

  /** Takes the parts along earlier columns out of a column and returns what length is left. */
  private static double reduce(double[][] columns, int a) {
    double before = Math.sqrt(dot(columns, a, a));
    for (int pass = 0; pass < 2; pass++) {
      for (int b = 0; b < a; b++) {
        double along = dot(columns, a, b);
        for (double[] row : columns) {
          row[a] -= along * row[b];
        }
      }
    }

    double left = Math.sqrt(dot(columns, a, a));
    return left < 1e-12 * before ? 0 : left;
  }

  private static double dot(double[][] columns, int a, int b) {
    double sum = 0;
    for (double[] row : columns) {
      sum += row[a] * row[b];
    }

    return sum;
  }

  /**
   * Frobenius norm of Q Q^T - I: at least the distance, in the spectral norm, of the stored axes
   * from the nearest orthonormal ones.
   */
  private static double deviation(float[] axes, int count, int dimension) {
    double squares = 0;
    for (int a = 0; a < count; a++) {
      for (int b = 0; b < count; b++) {
        double product = 0;
        for (int k = 0; k < dimension; k++) {
          product += (double) axes[a * dimension + k] * axes[b * dimension + k];
        }

        double error = product - (a == b ? 1 : 0);
        squares += error * error;
      }
    }

    return Math.sqrt(squares);
  }

  /** The first few of these axes. */
  PrincipalAxes first(int few) {
    return new PrincipalAxes(
        dimension, few, java.util.Arrays.copyOf(axes, Math.multiplyExact(few, dimension)));
  }

  int count() {
    return count;
  }

  int dimension() {
    return dimension;
  }

  /** A x D floats, an axis a row. */
  float[] rows() {
    return axes;
  }

  /**
   * How far the kernel's projection of a packed unit vector can be from the projection of the true
   * one on truly orthonormal axes: A components, each a chain of D fused multiply-adds with an
   * error of at most (D + 4) 2^-24 (Higham, section 3.1; the packing included), and the axes'
   * deviation.
   */
  double projectionError() {
    return 1.001 * Math.sqrt(count) * (dimension + 4) * 0x1p-24 + deviation;
  }
}
