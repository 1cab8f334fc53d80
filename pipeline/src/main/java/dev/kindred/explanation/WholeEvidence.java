/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.explanation;

import dev.kindred.prediction.BlockCounts;
import dev.kindred.prediction.NextTokenDistribution;
import java.util.List;

/**
 * All that is evidence for a prompt, without the prompt itself.
 *
 * @param model the model's own prediction
 * @param blocks one a block, in order
 */
public record WholeEvidence(NextTokenDistribution model, List<OfBlock> blocks) {
  /**
   * What one block finds similar.
   *
   * <p>Letter: n = similar strings.
   *
   * @param counts what follows them, by rings
   * @param windows [n], their numbers in {@link CorpusStrings}, in no order
   * @param similarities [n], of each
   */
  public record OfBlock(BlockCounts counts, int[] windows, double[] similarities) {}

  /** Returns the blocks' counts. */
  public List<BlockCounts> counts() {
    return blocks.stream().map(OfBlock::counts).toList();
  }
}
