/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.locality;

import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;

/**
 * With which other token one is compared, to tell what a cosine is worth: any, or one of another
 * text behind the same last tokens.
 */
final class Neighbours {
  private Neighbours() {}

  /** The next place in the list; after the last, the first. */
  static int next(int place, int places) {
    return (place + 1) % places;
  }

  /**
   * The next place of another text, in the list's cyclic order, whose last tokens are the same.
   *
   * @param texts number of the text of each place
   * @param last tokens, itself the last, how many
   * @return nothing where there is none, or the text has fewer tokens before the place
   */
  static OptionalInt withSameLast(int place, List<Place> places, long[] texts, int last) {
    int[] wanted = ending(places.get(place), last);
    if (wanted == null) {
      return OptionalInt.empty();
    }

    for (int step = 1; step < places.size(); step++) {
      int other = (place + step) % places.size();
      if (texts[other] != texts[place] && Arrays.equals(wanted, ending(places.get(other), last))) {
        return OptionalInt.of(other);
      }
    }

    return OptionalInt.empty();
  }

  private static int[] ending(Place place, int last) {
    int end = place.index() + 1;
    return end < last ? null : Arrays.copyOfRange(place.text(), end - last, end);
  }
}
