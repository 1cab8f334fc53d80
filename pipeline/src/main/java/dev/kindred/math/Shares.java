/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.math;

import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;

/**
 * Numbers that stand for a distribution over tokens, of any sum: those of some tokens, and one that
 * each of the other tokens has. So a distribution over a large vocabulary is as long as what is
 * known of it.
 *
 * <p>Letters: V = tokens of the vocabulary, n = tokens that have numbers of their own.
 *
 * @param tokens [n], token ids, ascending, each once
 * @param values [n], not negative
 * @param others not negative, of each of the V - n other tokens
 */
public record Shares(int[] tokens, double[] values, double others) {

  /** Makes shares of counts by token; other tokens have none. */
  public static Shares of(Map<Integer, Long> counts) {
    TreeMap<Integer, Long> sorted = new TreeMap<>(counts);
    int[] tokens = new int[sorted.size()];
    double[] values = new double[tokens.length];
    int place = 0;
    for (Map.Entry<Integer, Long> count : sorted.entrySet()) {
      tokens[place] = count.getKey();
      values[place++] = count.getValue();
    }

    return new Shares(tokens, values, 0);
  }

  /** Makes shares of counts; other tokens have none. */
  public static Shares of(int[] tokens, long[] counts) {
    return new Shares(tokens, Arrays.stream(counts).asDoubleStream().toArray(), 0);
  }

  /** Returns the numbers of all tokens, [V]. */
  public double[] dense(int vocabularySize) {
    double[] dense = new double[vocabularySize];
    Arrays.fill(dense, others);
    for (int i = 0; i < tokens.length; i++) {
      dense[tokens[i]] = values[i];
    }

    return dense;
  }

  /**
   * Returns the token with the greatest number, of several the one with the lowest id.
   *
   * @return null if all numbers are 0
   */
  public Integer top(int vocabularySize) {
    int top = -1;
    double greatest = 0;
    for (int i = 0; i < tokens.length; i++) {
      if (values[i] > greatest) {
        top = tokens[i];
        greatest = values[i];
      }
    }

    if (others > 0 && others >= greatest && tokens.length < vocabularySize) {
      int first = firstOther();
      if (others > greatest || first < top) {
        return first;
      }
    }

    return top < 0 ? null : (Integer) top;
  }

  /** The lowest token without a number of its own. */
  private int firstOther() {
    int first = 0;
    while (first < tokens.length && tokens[first] == first) {
      first++;
    }

    return first;
  }
}
