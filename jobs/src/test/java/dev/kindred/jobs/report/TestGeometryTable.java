/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class TestGeometryTable {

  @Test
  void summariesWithoutGeometryHaveNoTable() {
    assertThat(GeometryTable.of(ReportSamples.METRICS)).isNull();
  }

  @Test
  void everyBlockIsARow() {
    assertThat(GeometryTable.of(ReportSamples.geometryMetrics(.5)).directions())
        .extracting(GeometryTable.Direction::block)
        .containsExactly(0, 1);
  }

  @Test
  void theAngleIsThatOfTheMeanCosine() {
    GeometryTable table = GeometryTable.of(ReportSamples.geometryMetrics(.5));

    assertThat(table.directions().get(1).degrees()).isCloseTo(60, within(1e-9));
  }

  @Test
  void aCosineAboveOneByRoundingHasAnAngle() {
    GeometryTable table = GeometryTable.of(ReportSamples.geometryMetrics(1 + 1e-12));

    assertThat(table.directions().get(0).degrees()).isZero();
  }

  @Test
  void theTerminalShowsBlocksAndPerturbations() {
    assertThat(GeometryTable.of(ReportSamples.geometryMetrics(.5)).text())
        .containsSubsequence(
            "block 1", "0.5000 ± 0.2500", "60.0°", "times 10", "noise of std 2", "final norm");
  }

  @Test
  void otherFiguresAreNotInTheTable() {
    Map<String, Double> metrics = new TreeMap<>(ReportSamples.METRICS);
    metrics.putAll(ReportSamples.geometryMetrics(.5));

    assertThat(GeometryTable.of(metrics))
        .isEqualTo(GeometryTable.of(ReportSamples.geometryMetrics(.5)));
  }
}
