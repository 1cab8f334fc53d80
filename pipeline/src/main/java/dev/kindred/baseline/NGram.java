/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.baseline;

import dev.kindred.math.Shares;
import java.io.Serializable;
import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * An interpolated n-gram model with discounts. From the empty context up to the longest, a context
 * of k tokens that occurs n times has
 *
 * <pre>p_k = (1 - l) (c - d(c) + D p_(k-1)) / n + l p_(k-1)</pre>
 *
 * where c is a token's count, d(c) its discount, D the sum of the discounts that were taken, l a
 * share that goes to the shorter context, and the empty context's p_(k-1) the uniform distribution.
 * Contexts that do not occur pass p_(k-1) on.
 *
 * <p>With shares of 0 that is absolute discounting; with {@code continuation} as well it is
 * modified Kneser-Ney smoothing (Chen and Goodman, "An empirical study of smoothing techniques for
 * language modeling", 1998, section 3.5).
 *
 * @param continuation whether all contexts but the longest count distinct preceding tokens instead
 *     of occurrences
 * @param discounts [contexts][3], of contexts of k tokens: for counts of 1, 2, and 3 or more, each
 *     in [0, 3]
 * @param lowerShares [contexts][{@link #BUCKETS}] in (0, 1), by {@link #bucket}; empty for 0
 */
record NGram(boolean continuation, double[][] discounts, double[][] lowerShares)
    implements Serializable {
  private static final long serialVersionUID = 1L;

  /** How many shares each order has. */
  static final int BUCKETS = 128;

  private static final int TYPES = 8; // buckets of the same number of occurrences
  private static final int MOST_OCCURRENCES = BUCKETS / TYPES - 1;

  /** Lengths of contexts, from 0 up. */
  int contexts() {
    return discounts.length;
  }

  boolean hasLowerShares() {
    return lowerShares.length > 0;
  }

  /**
   * Contexts that are alike: by powers of two of their occurrences and of the different tokens
   * after them.
   *
   * @param occurrences at least 1
   * @param types at least 1
   */
  static int bucket(double occurrences, int types) {
    int byOccurrences = Math.min(MOST_OCCURRENCES, Math.getExponent(occurrences));
    return byOccurrences * TYPES + Math.min(TYPES - 1, Math.getExponent(2f * types - 1));
  }

  /** What a context of so many tokens counts. */
  long[] counted(SuffixStatistics statistics, int k) {
    return continuation && k < contexts() - 1 ? statistics.preceding()[k] : statistics.counts()[k];
  }

  /** What a count loses. */
  static double discount(double count, double[] discounts) {
    return count == 0 ? 0 : discounts[(int) Math.min(count, discounts.length) - 1];
  }

  /**
   * The next token's distribution.
   *
   * @return probabilities, sum 1: those of tokens that follow any of the contexts, and that of each
   *     other token
   */
  Shares probabilities(SuffixStatistics statistics, int vocabularySize) {
    int[] tokens = new int[0];
    for (int k = 0; k < contexts(); k++) {
      tokens = union(tokens, statistics.tokens()[k]);
    }

    double others = 1.0 / vocabularySize;
    double[] probabilities = new double[tokens.length];
    Arrays.fill(probabilities, others);
    for (int k = 0; k < contexts(); k++) {
      others *=
          interpolate(probabilities, tokens, statistics.tokens()[k], counted(statistics, k), k);
    }

    return new Shares(tokens, probabilities, others);
  }

  /** Tokens of either, ascending. What follows more tokens follows fewer, so it is mostly one. */
  private static int[] union(int[] tokens, int[] others) {
    int[] missing =
        Arrays.stream(others).filter(token -> Arrays.binarySearch(tokens, token) < 0).toArray();
    return missing.length == 0
        ? tokens
        : IntStream.concat(Arrays.stream(tokens), Arrays.stream(missing)).sorted().toArray();
  }

  /**
   * Replaces the shorter context's distribution by that of k tokens.
   *
   * @param places tokens of {@code shorter}
   * @return what probabilities of tokens that do not follow are multiplied by
   */
  private double interpolate(double[] shorter, int[] places, int[] tokens, long[] counts, int k) {
    double total = Arrays.stream(counts).sum();
    if (total == 0) {
      return 1;
    }

    double discounted = 0;
    for (long count : counts) {
      discounted += discount(count, discounts[k]);
    }

    double share = hasLowerShares() ? lowerShares[k][bucket(total, tokens.length)] : 0;
    double passed = (1 - share) * discounted / total + share;
    for (int place = 0; place < shorter.length; place++) {
      shorter[place] *= passed;
    }

    for (int i = 0; i < tokens.length; i++) {
      shorter[Arrays.binarySearch(places, tokens[i])] +=
          (1 - share) * (counts[i] - discount(counts[i], discounts[k])) / total;
    }

    return passed;
  }
}
