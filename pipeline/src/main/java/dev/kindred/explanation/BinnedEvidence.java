/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.explanation;

import java.util.List;

/**
 * A prompt's evidence by similarity, so that what other thresholds, weights and saturations would
 * give can be added up from it.
 *
 * @param tokens those that follow any string that is similar enough for a bin, and those that are
 *     most probable by the model
 * @param others probability that the model gives to all other tokens together
 * @param blocks in order
 * @param saturation of the mixture; null for none
 */
public record BinnedEvidence(
    List<BinnedToken> tokens, double others, List<BinnedBlock> blocks, Double saturation) {
  /**
   * A token.
   *
   * @param model probability that the model gives it
   * @param own how often it follows the prompt itself in the corpus
   */
  public record BinnedToken(String text, double model, long own) {}

  /**
   * A block.
   *
   * @param threshold that is in force, the lower edge of a bin
   * @param weight that is in force
   * @param ownBin place of the bin that has the prompt itself; -1 where none has
   * @param bins in ascending order
   */
  public record BinnedBlock(
      int block, double threshold, double weight, int ownBin, List<Bin> bins) {}

  /**
   * Strings whose similarity is above an edge and not above that of the next bin.
   *
   * @param tokens places in the tokens of all
   * @param counts how often they follow
   */
  public record Bin(double above, long strings, int[] tokens, long[] counts) {}
}
