/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.explanation;

import dev.kindred.prediction.BlockCounts;
import dev.kindred.prediction.Rule;
import dev.kindred.prediction.TokenFrequencies;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * What hangs on each string: the probability that all of a prompt's similar strings, without the
 * prompt itself, give to the model's most probable token, less what they give without this one.
 */
final class Effects {
  private final Rule rule;
  private final TokenFrequencies frequencies;
  private final List<BlockCounts> blocks; // without the prompt itself
  private final int token;
  private final double probability;
  private final Map<Integer, Long> own;
  private final long ownId;

  Effects(Rule rule, TokenFrequencies ofCorpus, PromptFindings found) {
    this.own = found.following() == null ? Map.of() : found.following();
    this.ownId = found.ownWindow();
    this.rule = rule;
    this.frequencies = ofCorpus == null ? null : ofCorpus.without(own);
    this.blocks = found.blocks().stream().map(block -> block.counts().withoutOwn(own)).toList();
    this.token = found.modelTopToken();
    this.probability = probability(blocks);
  }

  private double probability(List<BlockCounts> evidence) {
    return rule.mix(evidence, frequencies).getOrDefault(token, 0.);
  }

  /**
   * The effect of a block's string.
   *
   * @return in [-1, 1]; null of the prompt itself
   */
  Double of(int block, PromptFindings.FoundString string) {
    if (string.windowId() == ownId) {
      return null;
    }

    List<BlockCounts> others = new ArrayList<>(blocks);
    BlockCounts all = blocks.get(block);
    others.set(block, all.without(ring(block, all, string), string.nextTokens()));
    return probability - probability(others);
  }

  /**
   * The ring that a string is in: the tightest that it is similar enough for and that has what
   * follows it. Its similarity has been rounded, so that it may seem to be above the next
   * threshold.
   */
  private int ring(int block, BlockCounts counts, PromptFindings.FoundString string) {
    int ring = counts.rings().size() - 1;
    while (ring > 0
        && (string.similarity() <= (float) rule.bins(block).edge(ring)
            || !has(counts.rings().get(ring), string.nextTokens()))) {
      ring--;
    }

    return ring;
  }

  private static boolean has(Map<Integer, Long> counts, Map<Integer, Long> following) {
    return following.entrySet().stream()
        .allMatch(next -> counts.getOrDefault(next.getKey(), 0L) >= next.getValue());
  }
}
