/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.circuit;

import dev.kindred.model.architecture.Activation;
import org.apache.commons.math3.special.Erf;
import org.ejml.data.DMatrixRMaj;

/**
 * The feed-forward network of a folded block.
 *
 * @param norm before it
 * @param gate D to M; null where nothing is multiplied
 * @param up D to M; null for a block without a network
 * @param down M to D
 */
record FoldedNetwork(
    PlainNorm norm, FoldedMap gate, FoldedMap up, FoldedMap down, Activation activation) {

  /** Returns what it adds to rows of the stream, [rows, D]. */
  DMatrixRMaj of(DMatrixRMaj stream) {
    if (up == null) {
      return new DMatrixRMaj(stream.numRows, stream.numCols);
    }

    DMatrixRMaj read = norm.of(stream);
    DMatrixRMaj hidden = applied(up, read);
    DMatrixRMaj gates = gate == null ? hidden : applied(gate, read);
    for (int i = 0; i < gates.data.length; i++) {
      double active = active(gates.data[i]);
      hidden.data[i] = gate == null ? active : hidden.data[i] * active;
    }

    return applied(down, hidden);
  }

  /** Returns x weight + bias, row by row. */
  static DMatrixRMaj applied(FoldedMap map, DMatrixRMaj x) {
    DMatrixRMaj y = Products.times(x, map.weight());
    Products.addToRows(map.bias(), y);
    return y;
  }

  private double active(double x) {
    return switch (activation) {
      case RELU -> Math.max(0, x);
      case GELU -> x / 2 * Erf.erfc(-x / Math.sqrt(2));
      case GELU_TANH -> x / 2 * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + .044715 * x * x * x)));
      case SILU -> x / (1 + Math.exp(-x));
      case QUICK_GELU -> x / (1 + Math.exp(-1.702 * x));
    };
  }
}
