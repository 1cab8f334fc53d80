/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.locality;

import java.util.ArrayList;
import java.util.List;

/** The groups of tokens that are summed up. */
final class Slices {
  static final String ALL = "all";

  private Slices() {}

  /**
   * Whether the last tokens have all of the word so far that a token is in.
   *
   * @return null where it is in none
   */
  static Boolean coversWord(TokenClasses classes, int index, int k) {
    int start = classes.wordStarts()[index];
    return start < 0 ? null : index - k + 1 <= start;
  }

  /** The groups of a token that has the last k tokens read: names as tables have them. */
  static List<String> of(TokenClasses classes, int index, int k) {
    List<String> slices = new ArrayList<>();
    slices.add(ALL);
    slices.add("class:" + classes.classes()[index]);
    slices.add("from:" + from(index));
    Boolean covers = coversWord(classes, index, k);
    if (covers != null) {
      slices.add(covers ? "word:covered" : "word:cut");
    }

    return slices;
  }

  /** The power of two from which on a place is. */
  private static int from(int index) {
    return index == 0 ? 0 : Integer.highestOneBit(index);
  }
}
