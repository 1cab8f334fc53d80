/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.report;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kindred.explanation.NextToken;
import java.util.List;
import org.junit.jupiter.api.Test;

class TestBarScale {

  private static final BarScale SCALE =
      BarScale.of(List.of(new NextToken("a", 0.4, 0.2, null), new NextToken("b", 0.1, 0.5, null)));

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
    assertThat(BarScale.of(List.of(new NextToken("a", 0, 0, null))).length(0)).isEqualTo("0.00%");
  }
}
