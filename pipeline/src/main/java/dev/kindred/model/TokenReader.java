/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model;

/**
 * A model that reads one text, token by token. What positions keep for later ones, as keys and
 * values, is there once a token is read. One thread uses an instance.
 */
public interface TokenReader extends AutoCloseable {

  ModelShape shape();

  /**
   * Forgets what it has read, and reads other tokens from the first position on.
   *
   * @param tokenIds at least one, and no more than the model's context
   * @return the logits after the last, V
   */
  float[] begin(int[] tokenIds);

  /**
   * Reads one more token.
   *
   * @return the logits after it, V
   * @throws IllegalStateException if the model's context is full, or was never begun
   */
  float[] next(int tokenId);

  /** Returns how many tokens it has read since it began. */
  int length();

  @Override
  void close();
}
