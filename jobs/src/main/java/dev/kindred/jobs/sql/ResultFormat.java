/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.sql;

import dev.kindred.InvalidInput;
import dev.kindred.jobs.workspace.Messages;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.NumericType;
import org.apache.spark.sql.types.StructField;

/** How the rows of a query are printed. */
enum ResultFormat {
  /** Aligned columns for people. Rows are collected. */
  TABLE {
    @Override
    void print(Dataset<Row> rows, int width, PrintStream out) {
      StructField[] columns = rows.schema().fields();
      List<String[]> lines = new ArrayList<>();
      lines.add(rows.columns());
      for (Row row : asText(rows).collectAsList()) {
        lines.add(
            IntStream.range(0, columns.length)
                .mapToObj(i -> row.isNullAt(i) ? "NULL" : Messages.withEscapes(row.getString(i)))
                .toArray(String[]::new));
      }

      int[] widths = new int[columns.length];
      for (String[] line : lines) {
        for (int i = 0; i < widths.length; i++) {
          widths[i] = Math.max(widths[i], width(line[i]));
        }
      }

      for (int i = 0; i < lines.size(); i++) {
        out.println(cut(aligned(lines.get(i), columns, widths), width));
        if (i == 0) {
          out.println(
              cut(
                  Arrays.stream(widths).mapToObj("-"::repeat).collect(Collectors.joining("  ")),
                  width));
        }
      }

      int count = lines.size() - 1;
      out.printf(Locale.ROOT, "(%d %s)%n", count, count == 1 ? "row" : "rows");
    }

    private String aligned(String[] values, StructField[] columns, int[] widths) {
      StringBuilder line = new StringBuilder();
      for (int i = 0; i < values.length; i++) {
        String space = " ".repeat(widths[i] - width(values[i]));
        line.append(i == 0 ? "" : "  ");
        line.append(
            columns[i].dataType() instanceof NumericType ? space + values[i] : values[i] + space);
      }

      return line.toString().stripTrailing();
    }

    private String cut(String line, int width) {
      return width == 0 || width(line) <= width
          ? line
          : line.substring(0, line.offsetByCodePoints(0, width - 1)) + "…";
    }

    private int width(String value) {
      return value.codePointCount(0, value.length());
    }
  },

  /** As RFC 4180 has it, with a header; NULL is empty. */
  CSV {
    @Override
    void print(Dataset<Row> rows, int width, PrintStream out) {
      out.println(
          Arrays.stream(rows.columns()).map(ResultFormat::quoted).collect(Collectors.joining(",")));
      Iterator<Row> all = asText(rows).toLocalIterator();
      while (all.hasNext()) {
        Row row = all.next();
        out.println(
            IntStream.range(0, row.size())
                .mapToObj(i -> row.isNullAt(i) ? "" : quoted(row.getString(i)))
                .collect(Collectors.joining(",")));
      }
    }
  },

  /** An object a line, with NULLs. */
  JSON {
    @Override
    void print(Dataset<Row> rows, int width, PrintStream out) {
      rows.select(
              functions.to_json(
                  functions.struct(functions.col("*")), Map.of("ignoreNullFields", "false")))
          .as(Encoders.STRING())
          .toLocalIterator()
          .forEachRemaining(out::println);
    }
  };

  /** A value in quotes, if CSV needs them. */
  static String quoted(String value) {
    boolean plain = value.chars().noneMatch(c -> c == ',' || c == '"' || c == '\n' || c == '\r');
    return plain && !value.isEmpty() ? value : '"' + value.replace("\"", "\"\"") + '"';
  }

  /**
   * Prints all rows.
   *
   * @param width characters that a line for people has at most; 0 for any number
   */
  abstract void print(Dataset<Row> rows, int width, PrintStream out);

  /** Every column as Spark writes its values, in the same order. */
  private static Dataset<Row> asText(Dataset<Row> rows) {
    // Names of their own: a query may give two columns the same one.
    String[] names =
        IntStream.range(0, rows.columns().length).mapToObj(i -> "c" + i).toArray(String[]::new);
    return rows.toDF(names)
        .select(
            Arrays.stream(names)
                .map(name -> functions.col(name).cast("string"))
                .toArray(Column[]::new));
  }

  static ResultFormat of(String name) {
    for (ResultFormat format : values()) {
      if (format.name().toLowerCase(Locale.ROOT).equals(name)) {
        return format;
      }
    }

    throw new InvalidInput("--format %s: it must be table, csv or json", name);
  }
}
