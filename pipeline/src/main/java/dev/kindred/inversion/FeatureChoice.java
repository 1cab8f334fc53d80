/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.inversion;

import dev.kindred.InvalidInput;
import dev.kindred.math.SplitMix;
import java.util.Comparator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/**
 * Which features of an output count: all, a slice, or so many drawn at random.
 *
 * @param slice those that may be drawn
 * @param drawn how many; 0 for all of the slice
 * @param seed of the draw
 */
public record FeatureChoice(TokenRange slice, int drawn, long seed) {
  /** All features. */
  public static final FeatureChoice ALL = new FeatureChoice(TokenRange.ALL, 0, 0);

  private static final String ALL_TEXT = "all";
  private static final Pattern RANDOM = Pattern.compile("random:(\\d{1,6})(?::(\\d{1,9}))?");

  /**
   * Takes {@code all}, a slice such as {@code [:64]}, or {@code random:64:7}.
   *
   * @throws InvalidInput if it is none
   */
  public static FeatureChoice parse(String option, String text) {
    if (text.equalsIgnoreCase(ALL_TEXT)) {
      return ALL;
    }

    Matcher random = RANDOM.matcher(text);
    if (random.matches() && Integer.parseInt(random.group(1)) > 0) {
      return new FeatureChoice(
          TokenRange.ALL,
          Integer.parseInt(random.group(1)),
          random.group(2) == null ? 0 : Long.parseLong(random.group(2)));
    }

    if (!text.startsWith("[")) {
      throw new InvalidInput(
          "%s %s: expected all, a slice such as [:64] or [32:96], or random:64:7", option, text);
    }

    return new FeatureChoice(TokenRange.parse(option, text), 0, 0);
  }

  /** The first so many. */
  public static FeatureChoice first(int width) {
    return new FeatureChoice(TokenRange.upTo(width), 0, 0);
  }

  /**
   * The features, ascending; null for all.
   *
   * @throws InvalidInput if there are none, or not so many
   */
  public int[] of(int dimension) {
    if (equals(ALL)) {
      return null;
    }

    if (drawn > dimension || slice.size(dimension) == 0) {
      throw new InvalidInput("--features %s: the model has %d features", this, dimension);
    }

    IntStream all = IntStream.range(slice.first(dimension), slice.end(dimension));
    return drawn == 0
        ? all.toArray()
        : all.boxed()
            .sorted(
                Comparator.comparingLong(feature -> SplitMix.hash(SplitMix.hash(seed) ^ feature)))
            .limit(drawn)
            .mapToInt(Integer::intValue)
            .sorted()
            .toArray();
  }

  @Override
  public String toString() {
    return drawn > 0 ? "random:" + drawn + ":" + seed : slice.toString();
  }
}
