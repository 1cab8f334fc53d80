/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.circuit;

import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.NormOps_DDRM;

/**
 * What two heads do together, the later one reading what the earlier one has written: they move
 * what neither moves alone, or the later one looks for what came before.
 *
 * @param norm Frobenius norm of OV1 OV2
 * @param moved eigenvalues of OV1 OV2
 * @param copied eigenvalues of X OV1 OV2 U', the same from tokens to logits
 * @param induced eigenvalues of X QK2 OV1' X', by which a position finds those where the earlier
 *     head has written its token
 */
public record VirtualHead(double norm, Eigenvalues moved, Eigenvalues copied, Eigenvalues induced) {

  /**
   * Returns what two heads do together.
   *
   * @param tokens their embeddings, whose products pairs with the same earlier head share
   */
  static VirtualHead of(HeadTriangles first, HeadTriangles second, TokenEigenvalues tokens) {
    HeadWeights earlier = first.head();
    HeadWeights later = second.head();
    DMatrixRMaj between = Products.times(earlier.output(), later.value());
    DMatrixRMaj copies = Products.times(later.output(), tokens.outputs(earlier.value()));
    DMatrixRMaj keys = Products.times(earlier.output(), later.key());
    DMatrixRMaj matches = Products.transposedTimes(tokens.matches(earlier.value()), later.query());
    DMatrixRMaj induction = Products.transposedTimes(keys, matches);
    DMatrixRMaj outer =
        Products.timesTransposed(Products.times(first.value(), between), second.output());
    return new VirtualHead(
        NormOps_DDRM.normF(outer),
        Eigenvalues.of(Products.times(between, Products.times(later.output(), earlier.value()))),
        Eigenvalues.of(Products.times(copies, between)),
        Eigenvalues.of(induction));
  }

  /**
   * Returns how often a token's position finds itself first among those where the earlier head has
   * written.
   *
   * @param x a row a token
   */
  public static OwnPlace found(
      HeadWeights earlier, HeadWeights later, DMatrixRMaj x, int[] ranked) {
    return OwnPlace.of(
        new OwnPlace.Side(x, later.query()),
        new OwnPlace.Side(
            x, Products.times(earlier.value(), Products.times(earlier.output(), later.key()))),
        ranked);
  }
}
