/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model;

/**
 * What a pass through a model begins with: tokens, or vectors in the residual stream before a
 * block.
 *
 * <p>Letters in shapes: B = sequences, T = tokens in each of them, D = {@code d_model}.
 *
 * @param tokenIds B x T, each in [0, {@code d_vocab}); null for vectors
 * @param block that runs first, in [0, {@code n_layers}]
 * @param vectors B x T x D; null for tokens
 * @param length T
 */
public record Input(int[][] tokenIds, int block, float[] vectors, int length) {

  /** Sequences of tokens of one length. */
  public static Input tokens(int[][] tokenIds) {
    return new Input(tokenIds, 0, null, tokenIds[0].length);
  }

  /**
   * Vectors in place of what the blocks before one, and the embedding, would make.
   *
   * @param vectors B x T x D
   * @param length T
   */
  public static Input before(int block, float[] vectors, int length) {
    return new Input(null, block, vectors, length);
  }
}
