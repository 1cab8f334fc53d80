/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
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

  @Test
  void promptsSayHowManyTheyAreAndWhereTheyAreFrom() {
    assertThat(
            ReportQueries.prompts(
                20_000, Map.of("prompts", "20000", "prompt-seed", "1337"), "p-1f"))
        .isEqualTo("20,000 drawn with seed 1337 (p-1f)");
    assertThat(
            ReportQueries.prompts(
                1_234, Map.of("prompts", "mine.jsonl", "prompt-seed", "1337"), "p-2e"))
        .isEqualTo("1,234 from mine.jsonl (p-2e)");
  }
}
