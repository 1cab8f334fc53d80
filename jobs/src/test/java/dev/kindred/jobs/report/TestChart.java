/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.offset;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TestChart {

  @ParameterizedTest
  @CsvSource({"1,1", "2000,2000", "0.41,0.5", "1.15,1.5", "7,8", "0.0003,0.0003"})
  void anAxisEndsAtARoundNumberNotBelowWhatItNeeds(double needed, double greatest) {
    Chart.Axis axis = Chart.Axis.upTo(needed, "", Double::toString);

    assertThat(axis.greatest()).isCloseTo(greatest, offset(1e-9));
    assertThat(axis.ticks()).hasSizeBetween(2, 8);
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, 2, -3, 1e-300, 1e15})
  void anAxisOfOneValueHasALength(double value) {
    Chart.Axis axis = Chart.Axis.between(value, value, "", Double::toString);

    assertThat(axis.greatest()).isGreaterThan(axis.least());
    assertThat(axis.ticks()).hasSizeBetween(2, 8);
  }

  @Test
  void shapesAreDrawnFromTheLowerLeftCorner() {
    Chart.Axis axis = Chart.Axis.upTo(1, "", Double::toString);
    Chart chart = Chart.of("", axis, axis, List.of());
    double[] xs = {0, 0.5};

    assertThat(chart.path(new Chart.Series("", "", Chart.Shape.LINE, xs, new double[] {0, 1})))
        .isEqualTo("M0 1000L500 0");
    assertThat(chart.path(new Chart.Series("", "", Chart.Shape.STEPS, xs, new double[] {0.25})))
        .isEqualTo("M0 1000V750H500V1000");
    assertThat(chart.path(new Chart.Series("", "", Chart.Shape.DOTS, xs, new double[] {0, 1})))
        .isEqualTo("M0 1000h0M500 0h0");
  }

  @Test
  void labelsAtTheEndsOfAnAxisStayWithinThePicture() {
    Chart.Axis axis = Chart.Axis.upTo(1, "", Double::toString);
    Chart chart = Chart.of("", axis, axis, List.of());

    assertThat(axis.ticks())
        .extracting(chart::anchor)
        .startsWith("start", "middle")
        .endsWith("middle", "end");
  }
}
