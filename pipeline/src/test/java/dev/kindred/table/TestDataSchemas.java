/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.table;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.Test;

/** The files that state the tables, and the pages that list them. */
class TestDataSchemas {
  private static final Path HOME = Path.of(System.getProperty("kindred.home"));
  private static final Path FOLDER = HOME.resolve("data-schemas");
  private static final List<String> OF_A_RUN =
      List.of("run_id", "model_id", "corpus_id", "prompt_set", "places");

  @Test
  void everyFileStatesATable() throws IOException {
    try (Stream<Path> files = Files.list(FOLDER)) {
      assertThat(files.map(file -> file.getFileName().toString()))
          .containsExactlyInAnyOrderElementsOf(
              Tables.ALL.stream().map(table -> table.name() + ".sql").toList());
    }
  }

  @Test
  void sparkReadsTheSameColumnsInTheFiles() throws IOException {
    for (Table table : Tables.ALL) {
      StructType read = StructType.fromDDL(Files.readString(FOLDER.resolve(table.name() + ".sql")));

      assertThat(ofSpark(table.columns())).as(table.name()).isEqualTo(read.json());
    }
  }

  /** Spark's DDL cannot say that elements are never null. */
  private static String ofSpark(StructType columns) {
    return columns.json().replace("Null\":false", "Null\":true");
  }

  @Test
  void partitionColumnsAreTheLeadingColumns() {
    for (Table table : Tables.ALL) {
      int folders = table.partitionColumns().size();
      assertThat(List.of(table.columns().fieldNames()).subList(0, folders))
          .as(table.name())
          .isEqualTo(table.partitionColumns());
    }
  }

  @Test
  void everyCheckIsOfAColumnOfItsTable() {
    for (Table table : Tables.ALL) {
      for (String check : table.checks()) {
        assertThat(List.of(table.columns().fieldNames()))
            .as("%s: %s", table.name(), check)
            .anyMatch(check::contains);
      }
    }
  }

  @Test
  void thePageOnSqlListsTheTables() throws IOException {
    StringBuilder list = new StringBuilder();
    for (Table table : Tables.ALL) {
      List<String> keys = new ArrayList<>(table.partitionColumns());
      keys.removeAll(OF_A_RUN);
      list.append(
          String.format(
              "| [`%1$s`](../data-schemas/%1$s.sql) | %2$s | %3$s | %4$s |\n",
              table.name(),
              table.grain(),
              table.filledBy(),
              String.join(", ", keys.stream().map(key -> "`" + key + "`").toList())));
    }

    assertListed("docs/sql.md", "(?m)(^\\| \\[`\\w+`]\\(../data-schemas/.*\n)+", list.toString());
  }

  @Test
  void thereIsAViewOfEveryTable() throws IOException {
    StringBuilder views = new StringBuilder();
    for (Table table : Tables.ALL) {
      views.append(
          String.format(
              "create or replace view kindred_current.%1$s as select * from kindred.%2$s%1$s;\n",
              table.name(), table.equals(Tables.RUNS) ? "" : "current."));
    }

    assertListed("conf/views.sql", "(?m)(^create or replace view .*\n)+", views.toString());
  }

  /**
   * Holds what a file lists and what it must list together; {@code -Dkindred.golden=write} writes
   * it.
   */
  private static void assertListed(String file, String pattern, String expected)
      throws IOException {
    String text = Files.readString(HOME.resolve(file));
    Matcher found = Pattern.compile(pattern).matcher(text);
    assertThat(found.find()).as("a list in %s", file).isTrue();
    if ("write".equals(System.getProperty("kindred.golden"))) {
      Files.writeString(
          HOME.resolve(file),
          text.substring(0, found.start()) + expected + text.substring(found.end()));
    } else {
      assertThat(found.group()).as(file).isEqualTo(expected);
    }
  }
}
