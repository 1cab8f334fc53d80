/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.circuit;

import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.CommonOps_DDRM;
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
   * @param products of embeddings
   */
  public static VirtualHead of(HeadWeights earlier, HeadWeights later, TokenProducts products) {
    DMatrixRMaj between = times(earlier.output(), later.value());
    DMatrixRMaj copies =
        TokenProducts.sandwiched(later.output(), products.outputs(), earlier.value());
    DMatrixRMaj keys = times(earlier.output(), later.key());
    DMatrixRMaj matches =
        TokenProducts.sandwiched(
            CommonOps_DDRM.transpose(earlier.value(), null), products.matches(), later.query());
    DMatrixRMaj induction = new DMatrixRMaj(keys.numCols, matches.numCols);
    CommonOps_DDRM.multTransA(keys, matches, induction);
    DMatrixRMaj outer =
        times(
            times(Spectrum.triangle(earlier.value()), between),
            CommonOps_DDRM.transpose(
                Spectrum.triangle(CommonOps_DDRM.transpose(later.output(), null)), null));
    return new VirtualHead(
        NormOps_DDRM.normF(outer),
        Eigenvalues.of(times(between, times(later.output(), earlier.value()))),
        Eigenvalues.of(times(copies, between)),
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
        times(x, later.query()),
        times(times(x, earlier.value()), times(earlier.output(), later.key())),
        ranked);
  }

  private static DMatrixRMaj times(DMatrixRMaj a, DMatrixRMaj b) {
    DMatrixRMaj product = new DMatrixRMaj(a.numRows, b.numCols);
    CommonOps_DDRM.mult(a, b, product);
    return product;
  }
}
