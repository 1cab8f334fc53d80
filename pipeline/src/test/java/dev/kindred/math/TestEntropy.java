/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.math;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class TestEntropy {
  @Test
  void ofEquallyProbableTokensIsTheLogarithmOfTheirNumber() {
    double[] even = new double[1024];
    Arrays.fill(even, 1. / 1024);

    assertThat(Entropy.bits(even)).isCloseTo(10, within(1e-12));
  }

  @Test
  void ofACertainTokenIsZero() {
    assertThat(Entropy.bits(new double[] {0, 1, 0})).isZero();
    assertThat(Entropy.bits(new double[] {17})).isZero();
  }

  @Test
  void ofCountsIsThatOfTheirShares() {
    Random random = new Random(1);
    double[] counts = random.ints(65, 0, 1000).asDoubleStream().toArray();
    double total = Arrays.stream(counts).sum();
    double expected = 0;
    for (double count : counts) {
      double share = count / total;
      expected -= share == 0 ? 0 : share * Math.log(share) / Math.log(2);
    }

    assertThat(Entropy.bits(counts)).isCloseTo(expected, within(1e-12));
    assertThat(Entropy.bits(Arrays.stream(counts).map(count -> count / total).toArray()))
        .isCloseTo(expected, within(1e-12));
  }

  @Test
  void ofNothingIsNotANumber() {
    assertThat(Entropy.bits(new double[0])).isNaN();
    assertThat(Entropy.bits(new double[] {0, 0})).isNaN();
  }
}
