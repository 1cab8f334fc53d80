/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.locality;

import dev.kindred.model.WithFirstToken;
import java.io.Serializable;
import java.util.Arrays;
import java.util.Locale;

/**
 * How the last k tokens of a text are read instead of all of it.
 *
 * @param firstToken id of a token that stands before the text and before its last k tokens, in both
 *     cases at position 0; {@link #NONE} for none
 * @param places where the k tokens stand
 */
public record Protocol(int firstToken, Places places) implements Serializable {
  /** No token stands before the text. */
  public static final int NONE = -1;

  /** Where the last k tokens stand. */
  public enum Places {
    /** Where they stand in the text, so that their contents alone differ. */
    KEPT,
    /** From the beginning on: what a short prompt is. */
    REBASED;

    /** Returns the name that options and tables have for it. */
    public String text() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** A first token as tables have it: null for none. */
  public static Integer shown(int firstToken) {
    return firstToken == NONE ? null : firstToken;
  }

  /** The first token that tables have. */
  public static int stored(Integer shown) {
    return shown == null ? NONE : shown;
  }

  /** Tokens that stand before a text: 1 or 0. */
  int before() {
    return before(firstToken);
  }

  static int before(int firstToken) {
    return firstToken == NONE ? 0 : 1;
  }

  /**
   * The last k tokens of the text up to a place, with the token before them.
   *
   * @param text token ids
   * @param place of the last of them, at least k - 1
   */
  int[] tokens(int[] text, int place, int k) {
    return whole(firstToken, Arrays.copyOfRange(text, place - k + 1, place + 1));
  }

  /** The positions of these tokens. */
  int[] positions(int place, int k) {
    int[] positions = new int[before() + k];
    int start = before() + (places == Places.KEPT ? place - k + 1 : 0);
    for (int i = 0; i < k; i++) {
      positions[before() + i] = start + i;
    }

    return positions; // a token before them is at 0
  }

  /** A text with the token before it. */
  static int[] whole(int firstToken, int[] text) {
    return firstToken == NONE ? text : WithFirstToken.prepend(firstToken, text);
  }
}
