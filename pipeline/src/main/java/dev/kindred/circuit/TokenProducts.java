/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.circuit;

import dev.kindred.kernel.Squares;
import java.io.Serializable;
import java.util.Arrays;
import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.CommonOps_DDRM;

/**
 * What tokens add up to, so that circuits in token space have their eigenvalues without a matrix of
 * tokens by tokens. X has a row a token, as a {@link TokenBasis} says, and U its column of the
 * unembedding.
 *
 * @param tokens how many
 * @param outputs U'X, [D, D]
 * @param matches X'X, [D, D]
 * @param sumOfX D numbers
 * @param sumOfU D numbers
 */
public record TokenProducts(
    int tokens, DMatrixRMaj outputs, DMatrixRMaj matches, double[] sumOfX, double[] sumOfU)
    implements Serializable {
  private static final int ROWS = 1024; // at once

  /** Those of some tokens. */
  public static TokenProducts of(FoldedModel model, TokenBasis basis, int[] ids) {
    int d = model.dimension();
    TokenProducts sum =
        new TokenProducts(
            ids.length, new DMatrixRMaj(d, d), new DMatrixRMaj(d, d), new double[d], new double[d]);
    for (int from = 0; from < ids.length; from += ROWS) {
      int[] some = Arrays.copyOfRange(ids, from, Math.min(ids.length, from + ROWS));
      DMatrixRMaj x = basis.rows(model, some);
      DMatrixRMaj u = model.unembeddings(some);
      Products.addTransposedTimes(u, x, sum.outputs);
      Squares.panels(x.numCols)
          .forEach(panel -> Squares.add(x.data, x.numRows, x.numCols, panel, sum.matches.data));
      Products.addRows(x, sum.sumOfX);
      Products.addRows(u, sum.sumOfU);
    }

    Squares.mirror(sum.matches.data, sum.matches.numCols);
    return sum;
  }

  /** Those of these tokens and others. */
  public TokenProducts plus(TokenProducts other) {
    DMatrixRMaj bothOutputs = new DMatrixRMaj(outputs.numRows, outputs.numCols);
    DMatrixRMaj bothMatches = new DMatrixRMaj(matches.numRows, matches.numCols);
    CommonOps_DDRM.add(outputs, other.outputs, bothOutputs);
    CommonOps_DDRM.add(matches, other.matches, bothMatches);
    double[] x = new double[sumOfX.length];
    double[] u = new double[sumOfU.length];
    Arrays.setAll(x, i -> sumOfX[i] + other.sumOfX[i]);
    Arrays.setAll(u, i -> sumOfU[i] + other.sumOfU[i]);
    return new TokenProducts(tokens + other.tokens, bothOutputs, bothMatches, x, u);
  }

  /**
   * The same with an unembedding whose mean over these tokens is 0: what is added to all logits
   * alike changes no prediction.
   */
  public TokenProducts centeredOverTokens() {
    DMatrixRMaj centered = outputs.copy();
    int d = sumOfX.length;
    for (int i = 0; i < d; i++) {
      for (int j = 0; j < d; j++) {
        centered.data[i * d + j] -= sumOfU[i] * sumOfX[j] / tokens;
      }
    }

    return new TokenProducts(tokens, centered, matches, sumOfX, new double[d]);
  }

  /** The mean of all numbers of X W_V W_O U'. */
  public double meanOfValueOutput(HeadWeights head) {
    return product(head.value(), sumOfX, CommonOps_DDRM.transpose(head.output(), null), sumOfU);
  }

  /** The mean of all numbers of X W_Q W_K' X'. */
  public double meanOfQueryKey(HeadWeights head) {
    return product(head.query(), sumOfX, head.key(), sumOfX);
  }

  private double product(DMatrixRMaj a, double[] x, DMatrixRMaj b, double[] y) {
    DMatrixRMaj left = new DMatrixRMaj(1, a.numCols);
    DMatrixRMaj right = new DMatrixRMaj(1, b.numCols);
    CommonOps_DDRM.mult(DMatrixRMaj.wrap(1, x.length, x), a, left);
    CommonOps_DDRM.mult(DMatrixRMaj.wrap(1, y.length, y), b, right);
    return CommonOps_DDRM.dot(left, right) / tokens / tokens;
  }
}
