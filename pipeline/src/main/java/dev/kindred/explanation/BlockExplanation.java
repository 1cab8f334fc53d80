/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.explanation;

import java.io.Serializable;
import java.util.List;
import java.util.Map;

/**
 * What one block finds similar to a prompt, and what follows there.
 *
 * @param block from 0
 * @param threshold similar strings have a cosine similarity above it
 * @param weight of the block's counts in the approximation
 * @param similarCount similar strings, all of them
 * @param share of the approximation that the block's counts make up, in [0, 1]
 * @param hellinger distance of the block's own distribution from the model, in [0, 1]; 1 without
 *     evidence
 * @param shares of the explanation's next tokens in the block's own distribution, in their order
 * @param nextTokens the block's own distribution, the most frequent tokens first, as many as are
 *     shown
 * @param strings the most similar ones, the most similar first, as many as are shown
 */
public record BlockExplanation(
    int block,
    double threshold,
    double weight,
    long similarCount,
    double share,
    double hellinger,
    List<Double> shares,
    List<TokenCount> nextTokens,
    List<SimilarString> strings)
    implements Serializable {

  /** Whether it is known what hangs on a string. */
  public boolean hasEffects() {
    return strings.stream().anyMatch(string -> string.effect() != null);
  }

  /** The same with the first of its strings, so many at most. */
  BlockExplanation with(int most) {
    return with(strings.subList(0, Math.min(most, strings.size())));
  }

  /** The same with the places of its strings, by window id; others stay without. */
  BlockExplanation with(Map<Long, List<Place>> places) {
    return with(
        strings.stream()
            .map(string -> string.with(places.getOrDefault(string.windowId(), List.of())))
            .toList());
  }

  private BlockExplanation with(List<SimilarString> others) {
    return new BlockExplanation(
        block, threshold, weight, similarCount, share, hellinger, shares, nextTokens, others);
  }
}
