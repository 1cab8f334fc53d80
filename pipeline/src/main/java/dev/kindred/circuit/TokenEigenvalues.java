/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.circuit;

import org.ejml.data.DMatrixRMaj;

/**
 * The eigenvalues of circuits in token space. The products of what tokens add up to with a factor
 * are by far the largest of a head: they are kept until there is another factor, so that heads that
 * share keys and values, one after another, share them, too.
 */
final class TokenEigenvalues {
  private final TokenProducts products;
  private DMatrixRMaj reading; // [D, E]
  private DMatrixRMaj outputs;
  private DMatrixRMaj matching; // [D, E]
  private DMatrixRMaj matches;

  TokenEigenvalues(TokenProducts products) {
    this.products = products;
  }

  /** Returns U'X factor, [D, E]. */
  DMatrixRMaj outputs(DMatrixRMaj factor) {
    if (reading != factor) {
      outputs = Products.times(products.outputs(), factor);
      reading = factor;
    }

    return outputs;
  }

  /** Returns X'X factor, [D, E]. */
  DMatrixRMaj matches(DMatrixRMaj factor) {
    if (matching != factor) {
      matches = Products.times(products.matches(), factor);
      matching = factor;
    }

    return matches;
  }

  /** Those of X W_V W_O U', which maps the token that is read to logits. */
  Eigenvalues ofValueOutput(HeadWeights head) {
    return Eigenvalues.of(Products.times(head.output(), outputs(head.value())));
  }

  /** Those of X W_Q W_K' X', which matches destinations with sources. */
  Eigenvalues ofQueryKey(HeadWeights head) {
    return Eigenvalues.of(Products.transposedTimes(matches(head.key()), head.query()));
  }
}
