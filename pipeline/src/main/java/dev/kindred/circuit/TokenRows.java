/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.circuit;

import java.util.stream.IntStream;
import org.ejml.data.DMatrixRMaj;

/** What stands for all tokens of a model, as this process looked at it last. */
final class TokenRows {
  private static final int ROWS = 1024; // at once

  private static FoldedModel model;
  private static TokenBasis basis;
  private static DMatrixRMaj rows;
  private static FoldedModel unembedded;
  private static DMatrixRMaj unembeddings;

  private TokenRows() {}

  /** Returns a row a token, made once for tasks that come one after another, [V, D]. */
  static synchronized DMatrixRMaj of(FoldedModel of, TokenBasis in) {
    if (model != of || basis != in) {
      rows = null; // two of them may be more than there is room for
      rows = all(of, some -> in.rows(of, some));
      model = of;
      basis = in;
    }

    return rows;
  }

  /** Returns what is read for each token, [V, D], likewise. */
  static synchronized DMatrixRMaj unembeddings(FoldedModel of) {
    if (unembedded != of) {
      unembeddings = null;
      unembeddings = all(of, of::unembeddings);
      unembedded = of;
    }

    return unembeddings;
  }

  /** Makes the rows of some tokens. */
  private interface Making {
    DMatrixRMaj rows(int[] ids);
  }

  private static DMatrixRMaj all(FoldedModel model, Making making) {
    int tokens = model.vocabulary();
    int dimension = model.dimension();
    DMatrixRMaj all = new DMatrixRMaj(tokens, dimension);
    IntStream.range(0, (tokens + ROWS - 1) / ROWS)
        .parallel()
        .forEach(
            piece -> {
              int from = piece * ROWS;
              int[] ids = IntStream.range(from, Math.min(tokens, from + ROWS)).toArray();
              double[] made = making.rows(ids).data;
              System.arraycopy(made, 0, all.data, from * dimension, made.length);
            });
    return all;
  }
}
