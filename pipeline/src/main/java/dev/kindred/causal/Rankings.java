/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.causal;

import dev.kindred.math.SplitMix;
import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;

/** The choices that need no model. */
public final class Rankings {
  private Rankings() {}

  /**
   * Occurrences of the explained token by what they add to its probability; of equal ones those
   * first whose strings are more similar.
   */
  public static Ranking byEvidence(
      TrainingText text, Explained prompt, OccurrenceShares shares, int most) {
    int[] places =
        Arrays.stream(text.places(prompt.token()))
            .filter(place -> shares.of(text.stringBefore(place), prompt.token()) > 0)
            .boxed()
            .sorted(
                Comparator.comparingDouble(
                        (Integer place) -> -shares.similarity(text.stringBefore(place)))
                    .thenComparingLong(place -> SplitMix.hash(place)))
            .mapToInt(Integer::intValue)
            .toArray();
    double[] scores =
        Arrays.stream(places)
            .mapToDouble(place -> shares.of(text.stringBefore(place), prompt.token()))
            .toArray();
    int[] order = IntStream.range(0, places.length).toArray();
    return Ranking.of(prompt.id(), Choice.EVIDENCE, places, scores, order, most);
  }

  /** Occurrences of the explained token by how many tokens before them are those of the prompt. */
  public static Ranking bySuffix(TrainingText text, Explained prompt, int most) {
    int[] places = text.places(prompt.token());
    double[] scores =
        Arrays.stream(places).mapToDouble(place -> suffix(text, prompt, place)).toArray();
    return Ranking.of(prompt.id(), Choice.SUFFIX, places, scores, most);
  }

  /** Returns how many tokens before a place are the prompt's last ones. */
  static int suffix(TrainingText text, Explained prompt, int place) {
    int[] tokens = prompt.tokens();
    int shared = 0;
    while (shared < tokens.length
        && text.tokens()[place - 1 - shared] == tokens[tokens.length - 1 - shared]) {
      shared++;
    }

    return shared;
  }

  /**
   * Draws occurrences of the explained token, or any places.
   *
   * @param seed another one draws others, as another prompt does
   */
  public static Ranking drawn(
      TrainingText text, Explained prompt, boolean isSameToken, long seed, int most) {
    int[] places = isSameToken ? text.places(prompt.token()) : text.places();
    long own = SplitMix.hash(seed ^ SplitMix.hash(prompt.id()));
    double[] scores =
        Arrays.stream(places)
            .mapToDouble(place -> (SplitMix.hash(own ^ SplitMix.hash(place)) >>> 11) * 0x1p-53)
            .toArray();
    Choice choice = isSameToken ? Choice.SAME_TOKEN : Choice.RANDOM;
    return Ranking.of(prompt.id(), choice, places, scores, most);
  }
}
