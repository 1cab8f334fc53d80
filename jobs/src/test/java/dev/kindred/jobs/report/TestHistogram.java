/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TestHistogram {

  @Test
  void countsAddUp() {
    assertThat(Histogram.of(new Random(7).doubles(1_000).toArray()).total()).isEqualTo(1_000);
  }

  @Test
  void zeroFallsIntoTheFirstBin() {
    assertThat(Histogram.of(new double[] {0}).counts()[0]).isEqualTo(1);
  }

  @Test
  void oneFallsIntoTheLastBin() {
    assertThat(Histogram.of(new double[] {1}).counts()[Histogram.BINS - 1]).isEqualTo(1);
  }

  @Test
  void binHoldsTheDistancesFromItsLowerEdge() {
    assertThat(Histogram.of(new double[] {0.05, 0.0599, 0.061}).counts()).startsWith(0, 0, 2, 1, 0);
  }

  @Test
  void binIsTheOneThatTheShownDecimalsTell() {
    assertThat(Histogram.of(new double[] {0.03996, 0.58}).counts()).startsWith(0, 0, 1);
    assertThat(Histogram.of(new double[] {0.58}).counts()[29]).isEqualTo(1);
  }

  @Test
  void meanIsOfTheDistancesThemselves() {
    assertThat(Histogram.of(new double[] {0.125, 0.25}).mean()).isEqualTo(0.1875);
  }

  @Test
  void noDistancesHaveNoMean() {
    assertThat(Histogram.of(new double[0]).mean()).isNaN();
  }

  @ParameterizedTest
  @ValueSource(doubles = {-0.001, 1.001, Double.NaN})
  void whatIsNoDistanceIsRefused(double value) {
    assertThatThrownBy(() -> Histogram.of(new double[] {value}))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
