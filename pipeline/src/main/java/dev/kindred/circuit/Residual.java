/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.circuit;

/** Circuits as maps of the residual stream to itself. */
public final class Residual {
  private Residual() {}

  /** The eigenvalues of W_V W_O, D x D. */
  public static Eigenvalues valueOutput(HeadWeights head) {
    return Eigenvalues.of(Products.times(head.output(), head.value()));
  }

  /** The eigenvalues of W_Q W_K', D x D. */
  public static Eigenvalues queryKey(HeadWeights head) {
    return Eigenvalues.of(Products.transposedTimes(head.key(), head.query()));
  }
}
