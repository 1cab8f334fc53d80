/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.table;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.apache.spark.sql.types.StructField;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Holds the tables in code and the files in data-schemas/ together. */
class TestDataSchemas {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Path FOLDER = Path.of(System.getProperty("kindred.home"), "data-schemas");

  /**
   * {@code -Dkindred.golden=write} writes the files; look at the difference before you commit it.
   */
  @BeforeAll
  static void writeIfAsked() throws IOException {
    if ("write".equals(System.getProperty("kindred.golden"))) {
      for (Table table : Tables.ALL) {
        Files.writeString(
            FOLDER.resolve(table.name() + ".json"),
            JSON.writerWithDefaultPrettyPrinter().writeValueAsString(schema(table)) + "\n");
      }
    }
  }

  @Test
  void everyTableIsDescribedAsItIs() throws IOException {
    for (Table table : Tables.ALL) {
      assertThat(JSON.readTree(Files.readString(FOLDER.resolve(table.name() + ".json"))))
          .as("data-schemas/%s.json", table.name())
          .isEqualTo(schema(table));
    }
  }

  @Test
  void noFileDescribesATableThatIsNot() throws IOException {
    try (Stream<Path> files = Files.list(FOLDER)) {
      assertThat(files.map(file -> file.getFileName().toString()))
          .containsExactlyInAnyOrderElementsOf(
              Tables.ALL.stream().map(table -> table.name() + ".json").toList());
    }
  }

  @Test
  void everyColumnSaysWhatItIs() {
    for (Table table : Tables.ALL) {
      for (StructField column : table.columns().fields()) {
        assertThat(column.getComment().isDefined())
            .as("%s.%s", table.name(), column.name())
            .isTrue();
      }
    }
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

  private static ObjectNode schema(Table table) {
    ObjectNode schema = JSON.createObjectNode();
    schema.put("table", table.name());
    schema.put("grain", table.grain());
    ArrayNode folders = schema.putArray("partition_columns");
    table.partitionColumns().forEach(folders::add);
    ArrayNode columns = schema.putArray("columns");
    for (StructField column : table.columns().fields()) {
      columns
          .addObject()
          .put("name", column.name())
          .put("type", column.dataType().catalogString())
          .put("nullable", column.nullable())
          .put("comment", column.getComment().get());
    }

    return schema;
  }
}
