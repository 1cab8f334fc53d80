/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.math;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class TestCounts {
  @Test
  void normalizesToShares() {
    assertThat(Counts.normalize(new double[] {1, 0, 3})).containsExactly(.25, 0, .75);
  }

  @Test
  void nothingToCountIsNoDistribution() {
    assertThat(Counts.normalize(new double[0])).isEmpty();
    assertThat(Counts.normalize(new double[] {0, 0})).isEmpty();
  }
}
