/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.baseline;

/**
 * What follows the last k tokens of one prompt, for k = 0 .. L where L is the length of a window:
 * the counts that n-gram models of the corpus are made of.
 *
 * @param counts [L + 1][d_vocab], how often a token follows the last k
 * @param preceding [L + 1][d_vocab], after how many distinct tokens that stand before the last k;
 *     of no meaning for k = L
 */
record SuffixStatistics(long[][] counts, long[][] preceding) {

  /** No counts yet. */
  static SuffixStatistics empty(int windowLength, int vocabularySize) {
    return new SuffixStatistics(
        new long[windowLength + 1][vocabularySize], new long[windowLength + 1][vocabularySize]);
  }

  int windowLength() {
    return counts.length - 1;
  }

  int vocabularySize() {
    return counts[0].length;
  }

  /**
   * The same for a corpus without the prompt's own window, all its occurrences: windows are
   * distinct, so those are the counts of the longest suffix.
   */
  SuffixStatistics withoutOwnWindow() {
    int length = windowLength();
    long[] own = counts[length];
    SuffixStatistics others = empty(length, vocabularySize());
    for (int k = 0; k <= length; k++) {
      for (int token = 0; token < own.length; token++) {
        others.counts[k][token] = counts[k][token] - own[token];
        boolean loses = k < length && own[token] > 0 && counts[k + 1][token] == own[token];
        others.preceding[k][token] = preceding[k][token] - (loses ? 1 : 0);
      }
    }

    return others;
  }

  /** The most tokens of the prompt's end that something follows; 0 if it must be a guess. */
  int longestSuffix() {
    for (int k = windowLength(); k > 0; k--) {
      if (total(counts[k]) > 0) {
        return k;
      }
    }

    return 0;
  }

  static long total(long[] counts) {
    long total = 0;
    for (long count : counts) {
      total += count;
    }

    return total;
  }
}
