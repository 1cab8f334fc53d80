/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.math;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class TestBootstrap {
  @Test
  void anIntervalIsTwoStandardErrorsToBothSides() {
    Random random = new Random(1);
    double[] values = random.doubles(10_000).toArray();
    double mean = Arrays.stream(values).average().orElseThrow();

    Bootstrap.Interval interval = Bootstrap.intervals(new double[][] {values})[0];

    double expected = 1.96 * Math.sqrt(1 / 12. / values.length);
    assertThat(mean - interval.low()).isCloseTo(expected, within(.15 * expected));
    assertThat(interval.high() - mean).isCloseTo(expected, within(.15 * expected));
  }

  @Test
  void aSingleValueHasNoUncertaintyThatOneCouldSee() {
    assertThat(Bootstrap.intervals(new double[][] {{.3}})[0])
        .isEqualTo(new Bootstrap.Interval(.3, .3));
  }

  @Test
  void ofOneModelAnIntervalOfPairsIsThatOverPrompts() {
    double[] values = new Random(3).doubles(40).toArray();
    int[] prompts = IntStream.range(0, 40).toArray();

    Bootstrap.Interval found = Bootstrap.ofPairs(values, prompts, new int[40]);

    assertThat(found.low()).isEqualTo(Bootstrap.intervals(new double[][] {values})[0].low());
    assertThat(found.high()).isEqualTo(Bootstrap.intervals(new double[][] {values})[0].high());
  }

  /** A hundred models that agree about four prompts are four cases, not four hundred. */
  @Test
  void modelsThatAgreeMakeNoIntervalNarrower() {
    double[] ofPrompt = {.1, .4, .5, .9};
    double[] values = IntStream.range(0, 400).mapToDouble(i -> ofPrompt[i % 4]).toArray();
    int[] prompts = IntStream.range(0, 400).map(i -> i % 4).toArray();
    int[] models = IntStream.range(0, 400).map(i -> i / 4).toArray();

    Bootstrap.Interval found = Bootstrap.ofPairs(values, prompts, models);

    Bootstrap.Interval ofFour = Bootstrap.intervals(new double[][] {ofPrompt})[0];
    assertThat(found.low()).isCloseTo(ofFour.low(), within(1e-12));
    assertThat(found.high()).isCloseTo(ofFour.high(), within(1e-12));
    Bootstrap.Interval turned = Bootstrap.ofPairs(values, models, prompts);
    assertThat(turned.high() - turned.low()).isGreaterThan(.3);
  }

  @Test
  void seriesAreResampledTogether() {
    double[] values = new Random(2).doubles(500).toArray();
    double[] shifted = Arrays.stream(values).map(value -> value + 1).toArray();

    Bootstrap.Interval[] both = Bootstrap.intervals(new double[][] {values, shifted});

    assertThat(both[1].low()).isCloseTo(both[0].low() + 1, within(1e-12));
    assertThat(both[1].high()).isCloseTo(both[0].high() + 1, within(1e-12));
    assertThat(Bootstrap.intervals(new double[][] {values})[0]).isEqualTo(both[0]);
  }
}
