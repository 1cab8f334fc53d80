/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.causal;

import dev.kindred.math.SplitMix;
import dev.kindred.prediction.CountedWindows;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * The text that a model is trained and validated on, and the strings in it. A place is that of a
 * next token, which a string of L tokens stands before.
 */
public final class TrainingText {
  private static final long FACTOR = 0x5851f42d4c957f2dL;

  private final int[] tokens;
  private final int trainTokens;
  private final int length; // L
  private final int[] strings; // by place, the string before it; -1 for none

  private TrainingText(int[] tokens, int trainTokens, int length, int[] strings) {
    this.tokens = tokens;
    this.trainTokens = trainTokens;
    this.length = length;
    this.strings = strings;
  }

  /**
   * Looks up which string stands before each place.
   *
   * @param tokens of the whole corpus
   * @param trainTokens those that the model is trained on, the first ones
   * @param strings of the corpus; a place that several documents meet before has none
   */
  public static TrainingText of(int[] tokens, int trainTokens, CountedWindows strings) {
    int length = strings.windowLength();
    int mask = Integer.highestOneBit(Math.max(4, 4 * strings.size())) - 1;
    int[] slots = new int[mask + 1];
    Arrays.fill(slots, -1);
    for (int string = 0; string < strings.size(); string++) {
      long hash = 0;
      for (int i = 0; i < length; i++) {
        hash = hash * FACTOR + strings.token(string, i) + 1;
      }

      int slot = (int) SplitMix.hash(hash) & mask;
      while (slots[slot] >= 0) {
        slot = (slot + 1) & mask;
      }

      slots[slot] = string;
    }

    int[] found = new int[tokens.length];
    Arrays.fill(found, -1);
    for (int place = length; place < tokens.length; place++) {
      long hash = 0;
      for (int i = place - length; i < place; i++) {
        hash = hash * FACTOR + tokens[i] + 1;
      }

      int slot = (int) SplitMix.hash(hash) & mask;
      while (slots[slot] >= 0 && !stands(strings, slots[slot], tokens, place)) {
        slot = (slot + 1) & mask;
      }

      found[place] = slots[slot];
    }

    return new TrainingText(tokens, trainTokens, length, found);
  }

  private static boolean stands(CountedWindows strings, int string, int[] tokens, int place) {
    int length = strings.windowLength();
    for (int i = 0; i < length; i++) {
      if (strings.token(string, i) != tokens[place - length + i]) {
        return false;
      }
    }

    return true;
  }

  /** Returns all tokens, of training and validation. */
  public int[] tokens() {
    return tokens;
  }

  /** Returns the number of tokens that the model is trained on, the first ones. */
  public int trainTokens() {
    return trainTokens;
  }

  /** Returns L. */
  public int length() {
    return length;
  }

  /** Returns the number of the string before a place; -1 for none. */
  public int stringBefore(int place) {
    return strings[place];
  }

  /** Returns the L tokens before a place. */
  public int[] tokensBefore(int place) {
    return Arrays.copyOfRange(tokens, place - length, place);
  }

  /** Returns the places of the training text with a string before them, ascending. */
  public int[] places() {
    return IntStream.range(length, trainTokens).filter(place -> strings[place] >= 0).toArray();
  }

  /** Returns those of them that have a token, ascending. */
  public int[] places(int token) {
    return IntStream.range(length, trainTokens)
        .filter(place -> tokens[place] == token && strings[place] >= 0)
        .toArray();
  }

  /**
   * Draws places of the validation text whose strings are different ones, and stand nowhere in the
   * training text.
   *
   * @return all of them, in an order that depends on the seed
   */
  public int[] unseen(long seed) {
    Set<Integer> seen = new HashSet<>();
    IntStream.range(length, trainTokens + 1).forEach(place -> seen.add(strings[place]));
    seen.add(-1);
    // A string that begins in the training text has been read there in part.
    return IntStream.range(trainTokens + length, tokens.length)
        .filter(place -> seen.add(strings[place]))
        .boxed()
        .sorted(Comparator.comparingLong(place -> SplitMix.hash(seed ^ SplitMix.hash(place))))
        .mapToInt(Integer::intValue)
        .toArray();
  }
}
