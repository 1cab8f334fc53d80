/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model.architecture;

import java.util.ArrayList;
import java.util.List;

/**
 * What the residual stream begins with: norm(projection(scale * row of the token) + row of the
 * position).
 *
 * @param table name of the tensor with a row a token
 * @param tokens rows of the table
 * @param width of the table: D, or what the projection reads
 * @param scale factor of the rows; 1 for none
 * @param projection to D; null for none
 * @param positions that are added: learned ones, or none
 */
public record Embedding(
    String table,
    int tokens,
    int width,
    double scale,
    Linear projection,
    Positions positions,
    Norm norm) {

  /** Rows of tokens plus rows of positions. */
  public static Embedding of(String table, int tokens, int width, Positions positions) {
    return new Embedding(table, tokens, width, 1, null, positions, Norm.NONE);
  }

  List<Tensor> tensors() {
    List<Tensor> tensors = new ArrayList<>();
    tensors.add(new Tensor(table, Tensor.Start.NORMAL, tokens, width));
    if (projection != null) {
      tensors.addAll(projection.tensors());
    }

    tensors.addAll(positions.tensors());
    tensors.addAll(norm.tensors());
    return tensors;
  }
}
