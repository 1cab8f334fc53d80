/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.causal;

import dev.kindred.math.SplitMix;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Comparator;
import java.util.List;
import java.util.function.IntFunction;
import java.util.stream.IntStream;

/**
 * The parts that the training text is put together of: paragraphs and speeches, which blank lines
 * part.
 */
public final class TextUnits implements Serializable {
  private static final long serialVersionUID = 1L;
  private static final String BLANK_LINE = "\n\n";

  private final int[] starts; // and the end of the last one

  private TextUnits(int[] starts) {
    this.starts = starts;
  }

  /**
   * Cuts a text behind its blank lines.
   *
   * @param tokens of the text
   * @param end how many of them are the training text
   * @param most how many units there are; neighbours make up one where there would be more
   * @param text of a token
   */
  public static TextUnits of(int[] tokens, int end, int most, IntFunction<String> text) {
    int least = (end + most - 1) / most;
    List<Integer> starts = new ArrayList<>(List.of(0));
    String last = ""; // characters
    for (int place = 0; place < end; place++) {
      String next = text.apply(tokens[place]);
      boolean isLong = place - starts.get(starts.size() - 1) >= least;
      if (isLong && last.endsWith(BLANK_LINE) && !next.startsWith("\n")) {
        starts.add(place);
      }

      String all = last + next;
      last = all.substring(Math.max(0, all.length() - BLANK_LINE.length()));
    }

    starts.add(end);
    return new TextUnits(starts.stream().mapToInt(Integer::intValue).toArray());
  }

  /** Returns how many there are. */
  public int size() {
    return starts.length - 1;
  }

  /** Returns the unit that a place is in. */
  public int of(int place) {
    int found = Arrays.binarySearch(starts, place);
    return found < 0 ? -found - 2 : found;
  }

  /** Returns a unit's first place. */
  public int start(int unit) {
    return starts[unit];
  }

  /** Returns the place behind a unit. */
  public int end(int unit) {
    return starts[unit + 1];
  }

  /**
   * Draws half of the units, rounded up.
   *
   * @param number of the half; another one is drawn by itself
   */
  public BitSet half(int number, long seed) {
    long own = SplitMix.hash(seed ^ SplitMix.hash(number));
    BitSet half = new BitSet();
    IntStream.range(0, size())
        .boxed()
        .sorted(Comparator.comparingLong(unit -> SplitMix.hash(own ^ SplitMix.hash(unit))))
        .limit((size() + 1) / 2)
        .forEach(half::set);
    return half;
  }

  /** Returns the places of all units that are not among some. */
  public BitSet others(BitSet units) {
    BitSet places = new BitSet();
    for (int unit = units.nextClearBit(0); unit < size(); unit = units.nextClearBit(unit + 1)) {
      places.set(start(unit), end(unit));
    }

    return places;
  }
}
