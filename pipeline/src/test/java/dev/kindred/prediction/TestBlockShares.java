/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.prediction;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class TestBlockShares {

  @Test
  void sharesAreOfTheWeightedCounts() {
    assertThat(
            BlockShares.of(
                List.of(Map.of(1, 2L, 2, 2L), Map.of(1, 1L), Map.of()), Mixture.ofCounts(.5, 6, 1)))
        .containsExactly(.25, .75, 0);
  }

  @Test
  void nothingToCountHasNoShares() {
    assertThat(BlockShares.of(List.of(Map.of(), Map.of()), Mixture.ofCounts(1, 1)))
        .containsExactly(0, 0);
  }
}
