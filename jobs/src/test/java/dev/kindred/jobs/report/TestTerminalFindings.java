/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.report;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kindred.jobs.report.Findings.Column;
import dev.kindred.jobs.report.Findings.Grid;
import dev.kindred.jobs.report.Findings.Note;
import dev.kindred.jobs.report.Findings.Row;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class TestTerminalFindings {

  @Test
  void numbersStandOnTheRightUnderTheirGroups() {
    assertThat(text(grid(2)))
        .isEqualTo(
            """
                     a group
            block    column 0  column 1
            one             0         1
            another         0         1

            """);
  }

  @Test
  void aTableThatIsTooWideIsTurned() {
    assertThat(text(grid(12)).lines())
        .startsWith(
            "                    block one  block another",
            "a group, column 0           0              0")
        .allMatch(line -> line.length() <= 80);
  }

  @Test
  void ofNotesTheTerminalShowsThoseThatAreFindings() {
    Findings findings =
        new Findings(
            "", List.of(Note.onPage("how to read it"), Note.everywhere("found")), List.of());
    assertThat(TerminalFindings.of(findings, false)).isEqualTo("found\n\n");
  }

  private static String text(Grid grid) {
    return TerminalFindings.of(new Findings("", List.of(grid), List.of()), false);
  }

  private static Grid grid(int columns) {
    String[] cells = IntStream.range(0, columns).mapToObj(String::valueOf).toArray(String[]::new);
    return new Grid(
        "a table",
        "block",
        Arrays.stream(cells).map(i -> Column.of("a group", "column " + i)).toList(),
        List.of(Row.of("one", cells), Row.of("another", cells)));
  }
}
