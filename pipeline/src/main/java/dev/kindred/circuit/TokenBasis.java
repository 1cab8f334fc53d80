/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.circuit;

import java.util.Locale;
import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.CommonOps_DDRM;

/** What stands for a token in the residual stream that a head reads. */
public enum TokenBasis {
  /** Its embedding, as it is. */
  EMBEDDING,
  /** Its embedding, normed: what block 0 reads where positions add nothing. */
  NORMED,
  /** Its embedding plus the mean of what all positions add, normed. */
  NORMED_MEANPOS,
  /** The stream after block 0 of the sequence of this token alone, at position 0. */
  BLOCK0,
  /** The same, normed: what later blocks read. */
  BLOCK0_NORMED,
  /** Its embedding and what the first feed-forward network makes of it. */
  MLP0,
  /** The same, normed. */
  MLP0_NORMED;

  /** The name in tables and options. */
  public String text() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Whether a model has it: only learned positions have a mean. */
  public boolean isOf(FoldedModel model) {
    return this != NORMED_MEANPOS || model.hasPositions();
  }

  /** Returns a row a token, [tokens, D]. */
  DMatrixRMaj rows(FoldedModel model, int[] ids) {
    DMatrixRMaj embeddings = model.embeddings(ids);
    FoldedBlock first = model.block(0);
    return switch (this) {
      case EMBEDDING -> embeddings;
      case NORMED -> first.norm().of(embeddings);
      case NORMED_MEANPOS -> first.norm().of(plus(embeddings, meanPosition(model)));
      case BLOCK0 -> afterBlock0(model, ids);
      case BLOCK0_NORMED -> first.norm().of(afterBlock0(model, ids));
      case MLP0 -> withNetwork(first, embeddings);
      case MLP0_NORMED -> first.norm().of(withNetwork(first, embeddings));
    };
  }

  private static DMatrixRMaj afterBlock0(FoldedModel model, int[] ids) {
    return model.block(0).ofSinglePositions(model.stream(ids, new int[ids.length]));
  }

  private static DMatrixRMaj withNetwork(FoldedBlock first, DMatrixRMaj embeddings) {
    DMatrixRMaj sum = first.network().of(embeddings);
    CommonOps_DDRM.addEquals(sum, embeddings);
    return sum;
  }

  private static double[] meanPosition(FoldedModel model) {
    DMatrixRMaj positions = model.positions();
    double[] mean = new double[positions.numCols];
    for (int i = 0; i < positions.data.length; i++) {
      mean[i % mean.length] += positions.data[i] / positions.numRows;
    }

    return mean;
  }

  private static DMatrixRMaj plus(DMatrixRMaj rows, double[] added) {
    DMatrixRMaj sum = rows.copy();
    for (int i = 0; i < sum.data.length; i++) {
      sum.data[i] += added[i % added.length];
    }

    return sum;
  }
}
