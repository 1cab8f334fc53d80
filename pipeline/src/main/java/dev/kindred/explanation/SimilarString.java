/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.explanation;

import dev.kindred.corpus.ByteNotation;
import java.io.Serializable;
import java.util.List;

/**
 * A window of the corpus that a block finds similar to a prompt.
 *
 * @param sharedSuffix the text's end as far as the prompt ends alike
 * @param similarity cosine of the two FFN outputs, in [-1, 1], above the block's threshold
 * @param effect what the string adds to the probability that all similar strings of all blocks,
 *     without the prompt itself, give to the model's most probable token, in [-1, 1]; null of the
 *     prompt itself, and where it was not asked for
 * @param occurrences places of the corpus where the window stands
 * @param nextTokens the tokens that follow it there, the most frequent first, as many as are shown
 * @param places the first of these places, as many as are shown; empty where they are not known
 */
public record SimilarString(
    long windowId,
    String text,
    String sharedSuffix,
    float similarity,
    Double effect,
    long occurrences,
    List<TokenCount> nextTokens,
    List<Place> places)
    implements Serializable {

  /** The same string, with its places. */
  SimilarString with(List<Place> known) {
    return new SimilarString(
        windowId, text, sharedSuffix, similarity, effect, occurrences, nextTokens, known);
  }

  /** The text before the shared suffix. */
  public String ownBeginning() {
    return text.substring(0, text.length() - sharedSuffix.length());
  }

  /** The longest common end of two texts, in whole characters and bytes. */
  public static String sharedSuffix(String text, String prompt) {
    int shared = 0;
    while (shared < text.length() && shared < prompt.length()) {
      int character = text.codePointBefore(text.length() - shared);
      if (character != prompt.codePointBefore(prompt.length() - shared)) {
        break;
      }

      shared += Character.charCount(character);
    }

    return text.substring(ByteNotation.boundary(text, text.length() - shared));
  }
}
