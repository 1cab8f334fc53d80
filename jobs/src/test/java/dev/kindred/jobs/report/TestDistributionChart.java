/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class TestDistributionChart {
  private static final double[] NONE = {};

  private static Chart of(double[] strings, double[] ngram, double[] noiseFloor) {
    return DistributionChart.of(new PromptDistances(strings, ngram, noiseFloor));
  }

  @Test
  void whatARunDoesNotHaveIsNotDrawn() {
    assertThat(of(new double[] {0.5}, NONE, NONE).series())
        .extracting(Chart.Series::name)
        .containsExactly("similar strings");
    assertThat(of(new double[] {0.5}, new double[] {0.6}, new double[] {0.1}).series())
        .extracting(Chart.Series::name)
        .containsExactly("similar strings", "n-gram", "noise floor");
  }

  @Test
  void meansAreLabelledFromLeftToRight() {
    assertThat(of(new double[] {0.25, 0.75}, new double[] {0.625}, new double[] {0.125}).marks())
        .extracting(Chart.Mark::label)
        .containsExactly("noise floor 0.1250", "similar strings 0.5000", "n-gram 0.6250");
  }

  @Test
  void theTextInsteadOfThePictureHasItsNumbers() {
    assertThat(of(new double[] {0.25, 0.25, 0.5}, NONE, new double[] {0.1}).alt())
        .startsWith("Distributions of the Hellinger distances of 3 prompts")
        .contains(
            "similar strings: mean 0.3333; most, 2, are from 0.24 to 0.26.",
            "noise floor: mean 0.1000");
  }

  @Test
  void eachBinOfSimilarStringsThatHasPromptsLeadsToThem() {
    assertThat(of(new double[] {0.1, 0.119, 1}, new double[] {0.7}, NONE).columns())
        .containsExactly(
            new Chart.Column("2 prompts from 0.10 to 0.12", "from=0.10&to=0.12", 0.1, 0.12),
            new Chart.Column("1 prompt from 0.98 to 1.00", "from=0.98&to=1.00", 0.98, 1));
  }

  @Test
  void noDistancesStillDraw() {
    Chart chart = of(NONE, NONE, NONE);

    assertThat(chart.series()).isEmpty();
    assertThat(chart.marks()).isEmpty();
    assertThat(chart.alt()).contains("of 0 prompts");
  }

  @Test
  void distributionsThatOthersNameAreDrawnTheSame() {
    Histogram histogram = Histogram.of(new double[] {0.01});
    Chart chart =
        DistributionChart.of(
            List.of(new DistributionChart.Distribution("run A", "first", histogram)));

    assertThat(chart.columns()).isEmpty();
    assertThat(chart.path(chart.series().get(0))).startsWith("M0 1000V").contains("H20V1000H40");
  }
}
