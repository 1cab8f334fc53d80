/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class TestBarScale {

  private static final BarScale SCALE =
      BarScale.of(
          List.of(new ReportData.Token("a", 0.4, 0.2), new ReportData.Token("b", 0.1, 0.5)));

  @Test
  void greatestProbabilityOfEitherSideFillsTheWidth() {
    assertThat(SCALE.length(0.5)).isEqualTo("100.00%");
  }

  @Test
  void lengthIsProportional() {
    assertThat(SCALE.length(0.2)).isEqualTo("40.00%");
  }

  @Test
  void nothingIsDrawnWhereEveryProbabilityIsZero() {
    assertThat(BarScale.of(List.of(new ReportData.Token("a", 0, 0))).length(0)).isEqualTo("0.00%");
  }
}
