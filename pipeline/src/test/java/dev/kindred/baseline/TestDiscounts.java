/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.baseline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class TestDiscounts {
  @Test
  void discountsAreThoseOfChenAndGoodman() {
    // Y = 100 / (100 + 2 * 40).
    double y = 100 / 180.;

    assertThat(Discounts.of(new long[] {100, 40, 20, 12}))
        .containsExactly(
            new double[] {1 - 2 * y * 40 / 100, 2 - 3 * y * 20 / 40, 3 - 4 * y * 12 / 20},
            within(1e-15));
  }

  @Test
  void anOrderWithTooFewCountsHasDefaultDiscounts() {
    assertThat(Discounts.of(new long[] {100, 40, 0, 12})).containsExactly(.5, 1, 1.5);
  }

  @Test
  void discountsDoNotFallBelowZero() {
    // 2 - 3 / 3 * 1000 / 100 = -8.
    assertThat(Discounts.of(new long[] {100, 100, 1000, 1})[1]).isZero();
  }

  @Test
  void theLongestContextIsDiscountedAsOccurrencesAre() {
    double[][] counts = {{.1, .2, .3}, {.4, .5, .6}};
    double[][] preceding = {{.7, .8, .9}, {1, 1.1, 1.2}};
    Discounts discounts = new Discounts(counts, preceding);

    assertThat(discounts.of(true, 2)).isDeepEqualTo(new double[][] {{.7, .8, .9}, {.4, .5, .6}});
    assertThat(discounts.of(false, 2)).isDeepEqualTo(counts);
    assertThat(discounts.of(true, 1)).isDeepEqualTo(new double[][] {{.1, .2, .3}});
  }
}
