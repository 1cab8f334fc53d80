/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model;

import java.io.Serializable;

/**
 * The dimensions of a model that the rest of the pipeline needs.
 *
 * @param vocabularySize number of tokens, {@code d_vocab}
 * @param modelDimension width of the residual stream and of every FFN output, {@code d_model}
 * @param blocks number of transformer blocks, {@code n_layers}
 * @param contextLength longest token sequence, {@code n_ctx}
 */
public record ModelShape(int vocabularySize, int modelDimension, int blocks, int contextLength)
    implements Serializable {

  /** The same with another number of blocks: those that are looked at. */
  public ModelShape withBlocks(int count) {
    return new ModelShape(vocabularySize, modelDimension, count, contextLength);
  }
}
