/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.causal;

import dev.kindred.math.SplitMix;
import java.util.BitSet;

/**
 * A text of which some places do not count, and in which other tokens may stand before these: each
 * is drawn from the text itself, so that tokens are as frequent as they were.
 *
 * @param tokens of the whole corpus
 * @param leftOut places that do not count, those of the replaced tokens among them
 */
public record BlankedText(int[] tokens, BitSet leftOut) {

  /**
   * Replaces tokens.
   *
   * @param length how many before each place; 0 leaves the text as it is
   * @param trainTokens those of the training text, from which others are drawn
   */
  static BlankedText of(int[] tokens, BitSet leftOut, int length, int trainTokens) {
    if (length == 0) {
      return new BlankedText(tokens, leftOut);
    }

    int[] blanked = tokens.clone();
    BitSet all = (BitSet) leftOut.clone();
    leftOut.stream()
        .forEach(
            place -> {
              for (int i = Math.max(0, place - length); i < place; i++) {
                blanked[i] = tokens[(int) Math.floorMod(SplitMix.hash(i + 1L), (long) trainTokens)];
                all.set(i);
              }
            });
    return new BlankedText(blanked, all);
  }
}
