/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.baseline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class TestKneserNey {
  @Test
  void discountsAreThoseOfChenAndGoodman() {
    // Y = 100 / (100 + 2 * 40).
    double y = 100 / 180.;

    assertThat(KneserNey.discounts(new long[] {100, 40, 20, 12}))
        .containsExactly(
            new double[] {1 - 2 * y * 40 / 100, 2 - 3 * y * 20 / 40, 3 - 4 * y * 12 / 20},
            within(1e-15));
  }

  @Test
  void anOrderWithTooFewCountsHasDefaultDiscounts() {
    assertThat(KneserNey.discounts(new long[] {100, 40, 0, 12})).containsExactly(.5, 1, 1.5);
  }

  @Test
  void discountsDoNotFallBelowZero() {
    // 2 - 3 / 3 * 1000 / 100 = -8.
    assertThat(KneserNey.discounts(new long[] {100, 100, 1000, 1})[1]).isZero();
  }

  @Test
  void everyOrderIsDiscountedAndInterpolatedWithTheNextShorterOne() {
    KneserNey kneserNey = new KneserNey(new double[][] {{.5, 1, 1.5}, {.5, 1, 1.5}});
    SuffixStatistics statistics =
        new SuffixStatistics(new long[][] {{9, 9, 9}, {4, 1, 0}}, new long[][] {{2, 1, 1}, {}});

    // Of no token: 2 1 1, discounted by 1 .5 .5. Of one: 4 1 0, discounted by 1.5 .5 0.
    double[] unigram = {(1 + 2 / 3.) / 4, (.5 + 2 / 3.) / 4, (.5 + 2 / 3.) / 4};
    assertThat(kneserNey.probabilities(statistics))
        .containsExactly(
            new double[] {
              (2.5 + 2 * unigram[0]) / 5, (.5 + 2 * unigram[1]) / 5, 2 * unigram[2] / 5
            },
            within(1e-15));
  }

  @Test
  void anUnseenContextIsLeftToTheShorterOne() {
    KneserNey kneserNey = new KneserNey(new double[][] {{.5, 1, 1.5}, {.5, 1, 1.5}});
    SuffixStatistics unseen =
        new SuffixStatistics(new long[][] {{9, 9}, {0, 0}}, new long[][] {{2, 2}, {}});

    assertThat(kneserNey.probabilities(unseen))
        .containsExactly(new double[] {.5, .5}, within(1e-15));
  }

  @Test
  void probabilitiesAddUpToOne() {
    Random random = new Random(3);
    double[][] discounts = new double[6][];
    Arrays.fill(discounts, new double[] {.6, 1.1, 1.4});
    for (int repeat = 0; repeat < 50; repeat++) {
      SuffixStatistics statistics = SuffixStatistics.empty(5, 12);
      for (int k = 0; k <= 5; k++) {
        for (int token = 0; token < 12; token++) {
          statistics.counts()[k][token] = random.nextInt(3) == 0 ? random.nextInt(9) : 0;
          statistics.preceding()[k][token] = statistics.counts()[k][token] / 2;
        }
      }

      double[] probabilities = new KneserNey(discounts).probabilities(statistics);

      assertThat(Arrays.stream(probabilities).sum()).isCloseTo(1, within(1e-12));
      assertThat(Arrays.stream(probabilities).min().orElseThrow()).isNotNegative();
    }
  }
}
