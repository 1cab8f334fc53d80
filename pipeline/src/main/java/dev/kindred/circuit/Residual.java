/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.circuit;

import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.CommonOps_DDRM;

/** Circuits as maps of the residual stream to itself. */
public final class Residual {
  private Residual() {}

  /** The eigenvalues of W_V W_O, D x D. */
  public static Eigenvalues valueOutput(HeadWeights head) {
    DMatrixRMaj small = new DMatrixRMaj(head.value().numCols, head.value().numCols);
    CommonOps_DDRM.mult(head.output(), head.value(), small);
    return Eigenvalues.of(small);
  }

  /** The eigenvalues of W_Q W_K', D x D. */
  public static Eigenvalues queryKey(HeadWeights head) {
    DMatrixRMaj small = new DMatrixRMaj(head.query().numCols, head.query().numCols);
    CommonOps_DDRM.multTransA(head.key(), head.query(), small);
    return Eigenvalues.of(small);
  }
}
