/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.explanation;

import dev.kindred.prediction.BlockCounts;
import dev.kindred.prediction.NextTokenDistribution;
import java.util.List;
import java.util.Map;

/**
 * All that was found about a prompt, from which an {@link Explanation} is made.
 *
 * @param promptId from 0
 * @param tokenIds of the prompt
 * @param ownWindow id of the prompt's own window; -1 if it is not a window of the corpus
 * @param occurrences places of the corpus where the prompt stands; 0 if it is not a window of it
 * @param following what follows the prompt there, by token id; null if it is not a window
 * @param model what the model predicts
 * @param approximation probabilities by similar strings, by token id
 * @param leaveOneOut the same without the prompt itself
 * @param hellinger distance of the approximation from the model, in [0, 1]
 * @param modelTopToken the most probable token; of similar strings, without the prompt itself, null
 *     without evidence
 * @param blocks in order, those that the mixture has
 */
public record PromptFindings(
    int promptId,
    String text,
    int[] tokenIds,
    long ownWindow,
    long occurrences,
    Map<Integer, Long> following,
    NextTokenDistribution model,
    Map<Integer, Double> approximation,
    Map<Integer, Double> leaveOneOut,
    double hellinger,
    double hellingerLeaveOneOut,
    Integer modelTopToken,
    Integer leaveOneOutTopToken,
    List<OfBlock> blocks) {

  /**
   * What one block found.
   *
   * @param counts of next tokens
   * @param strings that are shown, the most similar first
   */
  public record OfBlock(
      int block, long similarCount, BlockCounts counts, List<FoundString> strings) {}

  /**
   * A similar string.
   *
   * @param nextTokens what follows it in the corpus, by token id
   */
  public record FoundString(
      long windowId,
      String text,
      float similarity,
      long occurrences,
      Map<Integer, Long> nextTokens) {}
}
