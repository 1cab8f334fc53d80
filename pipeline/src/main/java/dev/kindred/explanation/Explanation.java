/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.explanation;

import java.io.Serializable;
import java.util.List;
import java.util.Map;

/**
 * A prompt's next token as the model predicts it, beside what follows the strings of the corpus
 * that its feed-forward layers find alike.
 *
 * @param promptId from 0
 * @param tokenIds of the prompt
 * @param occurrences places of the corpus where the prompt stands; 0 if it is not a window of it
 * @param nextTokens the most probable by the model or the approximation, the most probable first,
 *     as many as are shown
 * @param following what really follows; null if the prompt is not a window of the corpus, or
 *     nothing follows it there
 * @param compatible distance of the approximation, with the prompt itself as evidence
 * @param leaveOneOut distance of the approximation without it; null if the prompt is not a window
 *     of the corpus
 * @param blocks one a block, in order
 */
public record Explanation(
    int promptId,
    String text,
    int[] tokenIds,
    long occurrences,
    List<NextToken> nextTokens,
    Following following,
    Distance compatible,
    Distance leaveOneOut,
    List<BlockExplanation> blocks)
    implements Serializable {

  /** The same with the places of similar strings, by window id. */
  Explanation with(Map<Long, List<Place>> places) {
    return with(promptId, blocks.stream().map(block -> block.with(places)).toList());
  }

  /**
   * The same under another number, with fewer strings.
   *
   * @param strings of a block, at most
   */
  public Explanation as(int id, int strings) {
    return with(id, blocks.stream().map(block -> block.with(strings)).toList());
  }

  private Explanation with(int id, List<BlockExplanation> others) {
    return new Explanation(
        id, text, tokenIds, occurrences, nextTokens, following, compatible, leaveOneOut, others);
  }

  /** The number of the block that the approximation owes most to; of several the first. */
  public int greatestShare() {
    BlockExplanation greatest = blocks.get(0);
    for (BlockExplanation block : blocks) {
      if (block.share() > greatest.share()) {
        greatest = block;
      }
    }

    return greatest.block();
  }

  /** Similar strings of all blocks together; one that is similar in two counts twice. */
  public long similarCount() {
    return blocks.stream().mapToLong(BlockExplanation::similarCount).sum();
  }
}
