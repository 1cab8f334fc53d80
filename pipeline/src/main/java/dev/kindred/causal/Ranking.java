/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.causal;

import dev.kindred.math.SplitMix;
import dev.kindred.math.TopTokens;
import java.io.Serializable;
import java.util.Arrays;

/**
 * Places of the training text, those first that are chosen first.
 *
 * @param promptId for which prompt
 * @param places so many at most as were asked for
 * @param scores of each, descending
 */
public record Ranking(int promptId, Choice choice, int[] places, double[] scores)
    implements Serializable {

  /**
   * Ranks places by scores; equal ones come in an order that is the same for all prompts.
   *
   * @param most places that are kept
   */
  static Ranking of(int promptId, Choice choice, int[] places, double[] scores, int most) {
    int[] order = Arrays.stream(places).map(place -> (int) (SplitMix.hash(place) >>> 33)).toArray();
    return of(promptId, choice, places, scores, order, most);
  }

  /**
   * The same.
   *
   * @param order of each place, by which equal ones come in ascending order
   */
  static Ranking of(
      int promptId, Choice choice, int[] places, double[] scores, int[] order, int most) {
    int[] first = TopTokens.places(order, scores, most);
    return new Ranking(
        promptId,
        choice,
        Arrays.stream(first).map(i -> places[i]).toArray(),
        Arrays.stream(first).mapToDouble(i -> scores[i]).toArray());
  }

  /** Returns the first places, so many. */
  public int[] first(int count) {
    return Arrays.copyOf(places, count);
  }
}
