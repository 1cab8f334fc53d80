/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.circuit;

import dev.kindred.model.architecture.Norm;
import dev.kindred.model.architecture.Norm.LayerNorm;
import dev.kindred.model.architecture.Norm.RmsNorm;
import org.ejml.data.DMatrixRMaj;

/**
 * A norm without weight and bias, which folding has brought into the map that comes after it.
 *
 * @param centers whether it takes each vector's mean away
 * @param divides whether it divides by the root of the mean square
 */
record PlainNorm(boolean centers, boolean divides, double epsilon) {

  static PlainNorm of(Norm norm) {
    if (norm instanceof LayerNorm layer) {
      return new PlainNorm(true, true, exact(layer.epsilon()));
    }

    return norm instanceof RmsNorm rms
        ? new PlainNorm(false, true, exact(rms.epsilon()))
        : new PlainNorm(false, false, 0);
  }

  /** The number that was written, 1e-5, and not what a float makes of it. */
  private static double exact(float written) {
    return Double.parseDouble(Float.toString(written));
  }

  /** Returns the normed rows, [rows, D]. */
  DMatrixRMaj of(DMatrixRMaj rows) {
    DMatrixRMaj normed = rows.copy();
    int size = rows.numCols;
    for (int from = 0; from < normed.data.length; from += size) {
      double mean = 0;
      for (int i = 0; centers && i < size; i++) {
        mean += normed.data[from + i];
      }

      mean /= size;
      double squares = 0;
      for (int i = 0; i < size; i++) {
        normed.data[from + i] -= mean;
        squares += normed.data[from + i] * normed.data[from + i];
      }

      double factor = divides ? 1 / Math.sqrt(squares / size + epsilon) : 1;
      for (int i = 0; i < size; i++) {
        normed.data[from + i] *= factor;
      }
    }

    return normed;
  }
}
