/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class TestReportQueries {

  private static List<List<Integer>> thirds(int size, int count) {
    return ReportQueries.thirds(size, count).stream()
        .map(places -> java.util.Arrays.stream(places).boxed().toList())
        .toList();
  }

  @Test
  void promptsAreFromBothEndsAndTheMiddle() {
    assertThat(thirds(20, 6)).containsExactly(List.of(0, 1), List.of(9, 10), List.of(18, 19));
  }

  @Test
  void beginningAndEndComeFirst() {
    assertThat(thirds(20, 1)).containsExactly(List.of(0), List.of(), List.of());
    assertThat(thirds(20, 2)).containsExactly(List.of(0), List.of(), List.of(19));
  }

  @Test
  void fewPromptsAreShownOnceEach() {
    assertThat(thirds(4, 12)).containsExactly(List.of(0, 1), List.of(2), List.of(3));
  }
}
