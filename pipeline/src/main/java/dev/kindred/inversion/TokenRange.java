/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.inversion;

import dev.kindred.InvalidInput;
import java.io.Serializable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Some of a sequence, as Python writes slices: {@code [2:]}, {@code [:3]}, {@code [1:4]}, {@code
 * [-1]}, {@code [:]}.
 *
 * @param from the first that is in it; counted from the end if it is negative
 * @param to the first that is not; {@link #END} for the rest
 */
public record TokenRange(int from, int to) implements Serializable {
  private static final int END = Integer.MAX_VALUE;
  private static final Pattern SLICE = Pattern.compile("\\[?(-?\\d{1,6})?(:)?(-?\\d{1,6})?]?");

  public static final TokenRange ALL = new TokenRange(0, END);

  /** The first so many. */
  public static TokenRange upTo(int count) {
    return new TokenRange(0, count);
  }

  /**
   * What {@link #toString} gave.
   *
   * @param option whose value it is
   * @throws InvalidInput if it is no slice
   */
  public static TokenRange parse(String option, String text) {
    Matcher slice = SLICE.matcher(text);
    if (!slice.matches() || slice.group(2) == null && slice.group(1) == null) {
      throw new InvalidInput(
          "%s %s: expected a slice such as [2:], [:3], [1:4], [-1] or [:]", option, text);
    }

    int from = slice.group(1) == null ? 0 : Integer.parseInt(slice.group(1));
    if (slice.group(2) == null) {
      return new TokenRange(from, from == -1 ? END : from + 1);
    }

    return new TokenRange(from, slice.group(3) == null ? END : Integer.parseInt(slice.group(3)));
  }

  /** The first of so many that is in it. */
  public int first(int length) {
    return from < 0 ? Math.max(0, length + from) : Math.min(from, length);
  }

  /** The first of so many, after those in it, that is not. */
  public int end(int length) {
    return Math.max(first(length), to < 0 ? length + to : Math.min(to, length));
  }

  /** How many of so many are in it. */
  public int size(int length) {
    return end(length) - first(length);
  }

  public boolean contains(int index, int length) {
    return index >= first(length) && index < end(length);
  }

  @Override
  public String toString() {
    return "[" + (from == 0 ? "" : from) + ":" + (to == END ? "" : to) + "]";
  }
}
