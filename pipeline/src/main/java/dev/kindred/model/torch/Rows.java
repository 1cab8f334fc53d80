/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model.torch;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import ai.djl.ndarray.types.SparseFormat;

/** Rows of matrices, and positions of sequences, in the engine. */
final class Rows {
  private Rows() {}

  /** A view of consecutive rows. */
  static NDArray slice(NDArray x, int from, int to) {
    return x.get(new NDIndex().addSliceDim(from, to));
  }

  /** Copies of rows. */
  static NDArray copies(NDArray x, NDArray indices) {
    return indices
        .getNDArrayInternal()
        .embedding(indices, x, SparseFormat.DENSE)
        .singletonOrThrow();
  }

  /** A view of positions [from, to) of sequences, [B, T, ..]. */
  static NDArray positions(NDArray x, long from, long to) {
    return x.get(new NDIndex().addAllDim().addSliceDim(from, to));
  }

  /** The last position of sequences, [B, T, ..] to [B, 1, ..]. */
  static NDArray lastPosition(NDArray x) {
    long length = x.getShape().get(1);
    return length == 1 ? x : positions(x, length - 1, length);
  }

  /** Token ids, B x T, as [B, T]. */
  static NDArray tokens(NDManager batch, int[][] tokenIds) {
    int length = tokenIds[0].length;
    int[] flat = new int[tokenIds.length * length];
    for (int i = 0; i < tokenIds.length; i++) {
      System.arraycopy(tokenIds[i], 0, flat, i * length, length);
    }

    return batch.create(flat, new Shape(tokenIds.length, length));
  }
}
