/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.baseline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class TestNGram {
  private static final double[][] NO_SHARES = {};

  @Test
  void everyOrderIsDiscountedAndInterpolatedWithTheNextShorterOne() {
    NGram kneserNey = new NGram(true, new double[][] {{.5, 1, 1.5}, {.5, 1, 1.5}}, NO_SHARES);
    SuffixStatistics statistics =
        new SuffixStatistics(
            new int[][] {{0, 1, 2}, {0, 1}, {}},
            new long[][] {{9, 9, 9}, {4, 1}, {}},
            new long[][] {{2, 1, 1}, {7, 7}, {}});

    // Of no token: 2 1 1, discounted by 1 .5 .5. Of one: 4 1 0, discounted by 1.5 .5 0.
    double[] unigram = {(1 + 2 / 3.) / 4, (.5 + 2 / 3.) / 4, (.5 + 2 / 3.) / 4};
    assertThat(kneserNey.probabilities(statistics, 3).dense(3))
        .containsExactly(
            new double[] {
              (2.5 + 2 * unigram[0]) / 5, (.5 + 2 * unigram[1]) / 5, 2 * unigram[2] / 5
            },
            within(1e-15));
  }

  @Test
  void anUnseenContextIsLeftToTheShorterOne() {
    NGram kneserNey = new NGram(true, new double[][] {{.5, 1, 1.5}, {.5, 1, 1.5}}, NO_SHARES);
    SuffixStatistics unseen =
        new SuffixStatistics(
            new int[][] {{0, 1}, {}, {}},
            new long[][] {{9, 9}, {}, {}},
            new long[][] {{2, 2}, {}, {}});

    assertThat(kneserNey.probabilities(unseen, 2).dense(2))
        .containsExactly(new double[] {.5, .5}, within(1e-15));
  }

  @Test
  void aContextsShareOfTheShorterOneIsThatOfItsBucket() {
    double[] shares = new double[NGram.BUCKETS];
    shares[NGram.bucket(5, 2)] = .25;
    NGram ngram = new NGram(false, new double[][] {{.5, 1, 1.5}}, new double[][] {shares});
    SuffixStatistics statistics =
        new SuffixStatistics(new int[][] {{0, 2}, {}}, new long[][] {{4, 1}, {}}, new long[2][]);

    // Discounts of 1.5 and .5 for thirds, of which a quarter of all is besides.
    assertThat(ngram.probabilities(statistics, 3).dense(3))
        .containsExactly(
            new double[] {
              .75 * (2.5 + 2 / 3.) / 5 + .25 / 3,
              .75 * (2 / 3.) / 5 + .25 / 3,
              .75 * (.5 + 2 / 3.) / 5 + .25 / 3
            },
            within(1e-15));
  }

  @Test
  void bucketsArePowersOfTwoOfOccurrencesAndTypes() {
    assertThat(NGram.bucket(1, 1)).isZero();
    assertThat(NGram.bucket(3, 1)).isEqualTo(8);
    assertThat(NGram.bucket(4, 2)).isEqualTo(17); // 2 * 2 - 1 = 3
    assertThat(NGram.bucket(4, 3)).isEqualTo(18); // 5
    assertThat(NGram.bucket(1 << 15, 128)).isEqualTo(NGram.BUCKETS - 1); // 255
    assertThat(NGram.bucket(1e9, 50_000)).isEqualTo(NGram.BUCKETS - 1);
  }

  @Test
  void probabilitiesAddUpToOne() {
    Random random = new Random(3);
    for (int repeat = 0; repeat < 50; repeat++) {
      SuffixStatistics statistics = statistics(random, 5, 12);
      double[] probabilities =
          ngram(random, repeat % 2 == 0, 5).probabilities(statistics, 12).dense(12);

      assertThat(Arrays.stream(probabilities).sum()).isCloseTo(1, within(1e-12));
      assertThat(Arrays.stream(probabilities).min().orElseThrow()).isNotNegative();
    }
  }

  /** One with shares of shorter contexts, or of continuation counts without. */
  static NGram ngram(Random random, boolean continuation, int order) {
    double[][] discounts = new double[order][];
    Arrays.setAll(
        discounts,
        k -> new double[] {random.nextDouble(), 2 * random.nextDouble(), 3 * random.nextDouble()});
    double[][] shares = new double[continuation ? 0 : order][];
    Arrays.setAll(shares, k -> random.doubles(NGram.BUCKETS, .01, .99).toArray());
    return new NGram(continuation, discounts, shares);
  }

  /** What follows longer and longer contexts: less and less. */
  static SuffixStatistics statistics(Random random, int windowLength, int vocabularySize) {
    int[][] tokens = new int[windowLength + 1][];
    long[][] counts = new long[windowLength + 1][];
    long[][] preceding = new long[windowLength + 1][];
    tokens[0] = IntStream.range(0, vocabularySize).filter(t -> random.nextInt(5) > 0).toArray();
    for (int k = 0; k <= windowLength; k++) {
      if (k > 0) {
        tokens[k] = Arrays.stream(tokens[k - 1]).filter(t -> random.nextInt(3) > 0).toArray();
      }

      counts[k] = random.longs(tokens[k].length, 1, 9).toArray();
      preceding[k] = Arrays.stream(counts[k]).map(count -> (count + 1) / 2).toArray();
    }

    return new SuffixStatistics(tokens, counts, preceding);
  }
}
