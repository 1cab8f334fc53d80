/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.head;

import java.util.Locale;

/**
 * What a part of a model adds to a token's logit.
 *
 * @param block from 0; -1 for parts of which a model has one
 * @param head from 0; -1 for other parts
 * @param logit what it adds to the token's logit
 * @param mean what it adds to all tokens' logits on average, which changes no probability
 */
public record LogitPart(Kind kind, int block, int head, double logit, double mean) {

  /** What parts a model has. */
  public enum Kind {
    /** The embedding of the last token; where embeddings are normed, with its position. */
    EMBEDDING,
    /** What is added for the position. */
    POSITIONS,
    /** A head, without what it writes wherever it looks. */
    HEAD,
    /** Biases of a block's attention: of its output, and what heads make of their values'. */
    ATTENTION_BIAS,
    /** A mixer without heads. */
    MIXER,
    /** A feed-forward network. */
    MLP,
    /** Biases of norms of sums. */
    NORM_BIAS,
    /** Biases of the unembedding and of the final norm. */
    UNEMBEDDING_BIAS;

    /** Returns the name that tables have for it. */
    public String text() {
      return name().toLowerCase(Locale.ROOT);
    }
  }
}
