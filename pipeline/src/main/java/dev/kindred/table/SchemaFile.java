/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.table;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/**
 * A file of {@code data-schemas/}, which states a table: its columns in Spark's DDL, and in
 * comments what the DDL cannot say.
 *
 * <pre>
 * -- grain: what a row stands for
 * -- keys: the columns that are folders, outermost first
 * -- filled by: the command that does, and in which case
 * -- covers: what has exactly one row each (prompts, windows x blocks, ..)
 * -- version: counts changes of the columns
 *
 * prompt_id int not null comment 'meaning, unit and range',
 *   -- check: a condition that is true of every row
 * </pre>
 *
 * <p>{@code covers} may be missing, and {@code version} where it is 1; there may be any number of
 * checks. Elements of arrays and values of maps are never null.
 */
final class SchemaFile {
  private static final Pattern COLUMN =
      Pattern.compile(
          "^(\\w+) ([\\w<>, ]+?)( not null)?\\s+comment '((?:[^']|'')+)',?$", Pattern.MULTILINE);

  private SchemaFile() {}

  /** The table that a file states. The files are resources of the class path. */
  static Table read(String name) {
    String resource = "/data-schemas/" + name + ".sql";
    try (InputStream file = SchemaFile.class.getResourceAsStream(resource)) {
      if (file == null) {
        throw new IllegalStateException("Missing resource " + resource);
      }

      return table(name, new String(file.readAllBytes(), StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * The table that a file's text states.
   *
   * @throws IllegalArgumentException if it does not say the grain, the keys or who fills it
   */
  static Table table(String name, String text) {
    return new Table(
        name,
        statement(name, text, "grain"),
        List.of(statement(name, text, "keys").split(", ")),
        statement(name, text, "filled by"),
        statements(text, "covers").flatMap(things -> Stream.of(things.split(" x "))).toList(),
        columns(text),
        statements(text, "check").toList(),
        statements(text, "version").findFirst().map(Integer::parseInt).orElse(1));
  }

  private static String statement(String name, String text, String of) {
    return statements(text, of)
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    String.format(Locale.ROOT, "Missing line of table %s: -- %s: ..", name, of)));
  }

  private static Stream<String> statements(String text, String of) {
    return Pattern.compile("^ *-- " + of + ": (.+)$", Pattern.MULTILINE)
        .matcher(text)
        .results()
        .map(line -> line.group(1));
  }

  /** As Spark's parser reads them, which takes a second before it has read the first. */
  private static StructType columns(String text) {
    StructType columns = new StructType();
    for (MatchResult column : COLUMN.matcher(text).results().toList()) {
      columns =
          columns.add(
              column.group(1),
              type(column.group(2)),
              column.group(3) == null,
              column.group(4).replace("''", "'"));
    }

    return columns;
  }

  private static DataType type(String text) {
    if (text.startsWith("array<")) {
      return DataTypes.createArrayType(type(text.substring(6, text.length() - 1)), false);
    }

    if (text.startsWith("map<")) {
      int comma = text.indexOf(',');
      return DataTypes.createMapType(
          type(text.substring(4, comma)),
          type(text.substring(comma + 1, text.length() - 1).strip()),
          false);
    }

    return switch (text) {
      case "binary" -> DataTypes.BinaryType;
      case "boolean" -> DataTypes.BooleanType;
      case "int" -> DataTypes.IntegerType;
      case "bigint" -> DataTypes.LongType;
      case "float" -> DataTypes.FloatType;
      case "double" -> DataTypes.DoubleType;
      case "string" -> DataTypes.StringType;
      case "timestamp_ltz" -> DataTypes.TimestampType;
      default -> throw new IllegalArgumentException("Type that no table has: " + text);
    };
  }
}
