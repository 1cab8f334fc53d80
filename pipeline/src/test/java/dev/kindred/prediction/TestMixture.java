/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.prediction;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class TestMixture {

  @Test
  void withoutSaturationABlocksFactorIsItsWeight() {
    Mixture mixture = Mixture.ofCounts(.01, 6);
    assertThat(mixture.factor(0, 1)).isEqualTo(.01);
    assertThat(mixture.factor(1, 1e9)).isEqualTo(6);
  }

  @Test
  void atItsSaturationABlockHasHalfOfItsGreatestShare() {
    Mixture mixture = new Mixture(new double[] {3}, 100);
    assertThat(100 * mixture.factor(0, 100)).isEqualTo(3 * 100 / 2.);
    assertThat(1e12 * mixture.factor(0, 1e12)).isCloseTo(3 * 100, within(1e-6));
  }

  @Test
  void aSaturatedBlockWithManyCountsDoesNotOutweighOneWithFew() {
    List<Map<Integer, Long>> blocks = List.of(Map.of(1, 10L), Map.of(2, 1_000_000L));
    Map<Integer, Double> mixed = Approximations.mix(blocks, new Mixture(new double[] {1, 1}, 10));

    // Shares of 10 / (1 + 1) and 1,000,000 / (1 + 100,000).
    assertThat(mixed.get(1)).isCloseTo(5 / (5 + 1e6 / 100_001), within(1e-15));
  }

  @Test
  void aSaturationMustBeAboveZero() {
    assertThatThrownBy(() -> new Mixture(new double[] {1}, 0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("Invalid saturation: 0.0, expected above 0");
  }
}
