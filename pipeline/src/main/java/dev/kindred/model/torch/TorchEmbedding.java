/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model.torch;

import ai.djl.ndarray.NDArray;
import dev.kindred.model.HookPoint;
import dev.kindred.model.architecture.Embedding;
import dev.kindred.model.architecture.Positions;

/** What the residual stream begins with; see {@link Embedding}. */
final class TorchEmbedding {
  private final Embedding embedding;
  private final NDArray tokens; // [V, ..]
  private final TorchLinear projection; // null for none
  private final NDArray positions; // [rows, D]; null for none
  private final TorchNorm norm;

  TorchEmbedding(Embedding embedding, TorchWeights weights) {
    this.embedding = embedding;
    this.tokens = weights.array(embedding.table());
    this.projection =
        embedding.projection() == null ? null : weights.linear(embedding.projection());
    this.positions =
        embedding.positions() instanceof Positions.Learned learned
            ? weights.array(learned.table())
            : null;
    this.norm = TorchNorm.of(embedding.norm(), weights);
  }

  /**
   * Embeds tokens.
   *
   * @param at the tokens' positions, from 0; broadcast against them
   */
  NDArray embed(NDArray tokenIds, NDArray at, Tap tap) {
    NDArray embedded = tap.at(HookPoint.EMBED, rows(tokenIds));
    if (positions == null) {
      return norm.apply(embedded);
    }

    int offset = ((Positions.Learned) embedding.positions()).offset();
    NDArray added = Rows.copies(positions, offset == 0 ? at : at.add(offset));
    if (tap.wants(HookPoint.EMBED) || tap.wants(HookPoint.POS_EMBED)) {
      NDArray ofAll = tap.at(HookPoint.POS_EMBED, added.broadcast(embedded.getShape()));
      return norm.apply(embedded.add(ofAll));
    }

    return norm.apply(embedded.addi(added));
  }

  /** What is added for tokens, without their positions, [.., D]. */
  NDArray rows(NDArray tokenIds) {
    NDArray x = Rows.copies(tokens, tokenIds);
    if (embedding.scale() != 1) {
      x = TorchActivation.times(x, embedding.scale());
    }

    return projection == null ? x : projection.apply(x);
  }
}
