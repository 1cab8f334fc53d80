/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.baseline;

import dev.kindred.math.Shares;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import org.apache.spark.sql.Row;

/**
 * What follows the last k tokens of one prompt, for k = 0 .. L where L is the length of a window:
 * the counts that n-gram models of the corpus are made of. Only tokens that follow are in it.
 *
 * @param tokens [L + 1][t], token ids that follow the last k, ascending
 * @param counts [L + 1][t], how often, at least 1
 * @param preceding [L + 1][t], after how many distinct tokens that stand before the last k; of no
 *     meaning for k = L
 */
record SuffixStatistics(int[][] tokens, long[][] counts, long[][] preceding) {

  /**
   * Makes the statistics from rows.
   *
   * @param suffixes rows (length, grams), where grams are rows (token, count, preceding); a suffix
   *     that is not there has none
   */
  static SuffixStatistics of(List<Row> suffixes, int windowLength) {
    SuffixStatistics statistics = empty(windowLength);
    for (Row suffix : suffixes) {
      Row[] grams = suffix.<Row>getList(1).toArray(Row[]::new);
      Arrays.sort(grams, Comparator.comparingInt(gram -> gram.getInt(0)));
      int k = suffix.getInt(0);
      statistics.tokens[k] = Arrays.stream(grams).mapToInt(gram -> gram.getInt(0)).toArray();
      statistics.counts[k] = Arrays.stream(grams).mapToLong(gram -> gram.getLong(1)).toArray();
      statistics.preceding[k] = Arrays.stream(grams).mapToLong(gram -> gram.getLong(2)).toArray();
    }

    return statistics;
  }

  private static SuffixStatistics empty(int windowLength) {
    return new SuffixStatistics(
        new int[windowLength + 1][0], new long[windowLength + 1][0], new long[windowLength + 1][0]);
  }

  int windowLength() {
    return tokens.length - 1;
  }

  /** How often a token follows the last k. */
  long count(int k, int token) {
    int place = Arrays.binarySearch(tokens[k], token);
    return place < 0 ? 0 : counts[k][place];
  }

  /**
   * Returns the statistics of a corpus without the prompt's own window, all its occurrences:
   * windows are distinct, so those are the counts of the longest suffix.
   */
  SuffixStatistics withoutOwnWindow() {
    int length = windowLength();
    SuffixStatistics others = empty(length);
    for (int k = 0; k <= length; k++) {
      int size = 0;
      int[] left = new int[tokens[k].length];
      long[] leftCounts = new long[left.length];
      long[] leftPreceding = new long[left.length];
      for (int i = 0; i < left.length; i++) {
        int token = tokens[k][i];
        long own = count(length, token);
        if (counts[k][i] > own) {
          boolean loses = own > 0 && count(k + 1, token) == own;
          left[size] = token;
          leftCounts[size] = counts[k][i] - own;
          leftPreceding[size++] = preceding[k][i] - (loses ? 1 : 0);
        }
      }

      others.tokens[k] = Arrays.copyOf(left, size);
      others.counts[k] = Arrays.copyOf(leftCounts, size);
      others.preceding[k] = Arrays.copyOf(leftPreceding, size);
    }

    return others;
  }

  /** The most tokens of the prompt's end that something follows; 0 if it must be a guess. */
  int longestSuffix() {
    for (int k = windowLength(); k > 0; k--) {
      if (tokens[k].length > 0) {
        return k;
      }
    }

    return 0;
  }

  /** What follows the last k tokens, as shares. */
  Shares following(int k) {
    return Shares.of(tokens[k], counts[k]);
  }
}
