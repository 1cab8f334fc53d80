/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.circuit;

import dev.kindred.model.architecture.Positions.Rotary;
import java.util.List;
import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.CommonOps_DDRM;

/**
 * A block whose norms and value biases are folded.
 *
 * @param norm before attention
 * @param heads query heads, in order
 * @param outputBias what attention adds at every position, D numbers: the biases of values are in
 *     it
 * @param scale factor of the products of queries and keys
 * @param rotary how positions turn queries and keys; null if they do not
 * @param network the feed-forward network; null if it was not asked for
 * @param isParallel whether the network reads what attention reads
 */
record FoldedBlock(
    PlainNorm norm,
    List<HeadWeights> heads,
    double[] outputBias,
    double scale,
    Rotary rotary,
    FoldedNetwork network,
    boolean isParallel) {

  /** The head with queries {@code distance} positions after keys. */
  HeadWeights head(int head, int distance) {
    return rotary == null ? heads.get(head) : heads.get(head).at(distance, rotary);
  }

  /**
   * Returns the stream after the block, where each row is a sequence of one position, which attends
   * to itself.
   */
  DMatrixRMaj ofSinglePositions(DMatrixRMaj stream) {
    DMatrixRMaj read = norm.of(stream);
    DMatrixRMaj after = stream.copy();
    for (int head = 0; head < heads.size(); ) {
      DMatrixRMaj value = heads.get(head).value();
      DMatrixRMaj output = heads.get(head).output().copy();
      // Heads that share values stand beside each other.
      for (head++; head < heads.size() && heads.get(head).value() == value; head++) {
        CommonOps_DDRM.addEquals(output, heads.get(head).output());
      }

      Products.addTimes(Products.times(read, value), output, after);
    }

    Products.addToRows(outputBias, after);

    DMatrixRMaj network = this.network.of(isParallel ? stream : after);
    CommonOps_DDRM.addEquals(after, network);
    return after;
  }
}
