/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model.architecture;

import java.util.ArrayList;
import java.util.List;

/**
 * What makes logits of the residual stream: cap(head(projection(norm(x)))).
 *
 * @param norm the final norm
 * @param projection from D to what the head reads; null for none
 * @param head to the vocabulary; it is tied if its weight is the embedding's table
 * @param cap c, where logits y become c tanh(y / c); infinite for none
 */
public record Unembedding(Norm norm, Linear projection, Linear head, double cap) {

  /** head(norm(x)). */
  public static Unembedding of(Norm norm, Linear head) {
    return new Unembedding(norm, null, head, Double.POSITIVE_INFINITY);
  }

  List<Tensor> tensors() {
    List<Tensor> tensors = new ArrayList<>(norm.tensors());
    if (projection != null) {
      tensors.addAll(projection.tensors());
    }

    tensors.addAll(head.tensors());
    return tensors;
  }

  /** Operations a position. */
  double operations() {
    return head.operations() + (projection == null ? 0 : projection.operations());
  }
}
