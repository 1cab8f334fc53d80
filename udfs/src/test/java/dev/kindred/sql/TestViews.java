/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.sql;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kindred.table.Tables;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class TestViews {
  private static final Path FILE = Path.of(System.getProperty("kindred.home"), "conf/views.sql");

  @Test
  void thereIsAViewOfEveryTable() throws IOException {
    List<String> expected =
        Tables.ALL.stream()
            .map(
                table ->
                    "create or replace view kindred_current."
                        + table.name()
                        + " as select * from kindred."
                        + (table.equals(Tables.RUNS) ? "" : "current.")
                        + table.name()
                        + ";")
            .toList();

    assertThat(Files.readAllLines(FILE))
        .filteredOn(line -> line.startsWith("create or replace view"))
        .containsExactlyInAnyOrderElementsOf(expected);
  }
}
