/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.analysis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kindred.head.LogitPart;
import dev.kindred.head.LogitPart.Kind;
import dev.kindred.jobs.report.Findings.Grid;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What is shown of a logit that is split. */
class TestLogitGrids {
  private static List<Grid> grids(LogitPart mixed) {
    List<LogitGrids.Shown> parts =
        List.of(
            new LogitGrids.Shown(new LogitPart(Kind.EMBEDDING, -1, -1, 1, 0), null, 1),
            new LogitGrids.Shown(mixed, null, 2));
    return LogitGrids.of(
            new LogitGrids.Split("ab", new int[] {0, 1}, "b", 1, null, 3, 3, 3, parts), "ab")
        .stream()
        .filter(Grid.class::isInstance)
        .map(Grid.class::cast)
        .toList();
  }

  @Test
  void headsHaveATableOfTheirOwn() {
    List<Grid> grids = grids(new LogitPart(Kind.HEAD, 0, 3, 2, 0));
    assertThat(grids)
        .extracting(Grid::caption)
        .containsExactly("What parts add, of ab", "Heads that add or take most, of ab");
    assertThat(grids.get(0).columns().get(0).heading().text()).isEqualTo("heads");
  }

  @Test
  void aModelWithoutHeadsHasNone() {
    List<Grid> grids = grids(new LogitPart(Kind.MIXER, 0, -1, 2, 0));
    assertThat(grids).extracting(Grid::caption).containsExactly("What parts add, of ab");
    assertThat(grids.get(0).columns().get(0).heading().text()).isEqualTo("mixing");
  }
}
