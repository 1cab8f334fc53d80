/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.table;

import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoder;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.MapType;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
import scala.jdk.javaapi.CollectionConverters;

/**
 * The contract of a table: what one row is, its columns, and how its files are laid out.
 *
 * @param name folder under the warehouse, and the table's name in SQL
 * @param grain what one row stands for
 * @param partitionColumns the leading columns that are folders ({@code name=value}), outermost
 *     first
 * @param filledBy the command that fills it, and in which case if not always: {@code run}, {@code
 *     run after tune}
 * @param covers what has exactly one row each: {@code prompts} or {@code windows}, then {@code
 *     blocks} or {@code alternates} if each with each of them has one; empty if that cannot be said
 * @param columns every column in order, with its unit and range as comment
 * @param checks SQL conditions that are true of every row. They may have parameters: {@code
 *     :blocks}, {@code :d_model}, {@code :d_vocab} and {@code :last_token} of the model, {@code
 *     :window_length} and {@code :thresholds} of the run
 * @param version counts how often its columns have changed, from 1
 */
public record Table(
    String name,
    String grain,
    List<String> partitionColumns,
    String filledBy,
    List<String> covers,
    StructType columns,
    List<String> checks,
    int version) {

  /** Whether every run has it, so that it is damage where it is missing. */
  public boolean isOfEveryRun() {
    return filledBy.equals("run");
  }

  /** Whether it is about models, so that it needs no run, corpus or prompt set. */
  public boolean isOfModels() {
    return partitionColumns.contains("model_id")
        && Collections.disjoint(partitionColumns, List.of("run_id", "corpus_id", "prompt_set"));
  }

  /** The columns that are in the files themselves. */
  public StructType fileColumns() {
    StructType inFiles = new StructType();
    for (StructField column : columns.fields()) {
      if (!partitionColumns.contains(column.name())) {
        inFiles = inFiles.add(column);
      }
    }

    return inFiles;
  }

  /**
   * Returns a row with the file columns.
   *
   * @param values in the order of columns; arrays and maps as Java has them
   */
  public Row row(Object... values) {
    int expected = columns.size() - partitionColumns.size();
    if (values.length != expected) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "Invalid row of table %s: %d values, expected %d",
              name,
              values.length,
              expected));
    }

    // Spark's encoder takes arrays of Java, but not its maps.
    return RowFactory.create(
        Arrays.stream(values)
            .map(
                value -> value instanceof Map<?, ?> map ? CollectionConverters.asScala(map) : value)
            .toArray());
  }

  /** Returns rows that {@link #row} has made. */
  public Dataset<Row> rows(SparkSession spark, List<Row> rows) {
    return spark.createDataFrame(rows, fileColumns());
  }

  /** Returns the encoder of rows that {@link #row} makes. */
  public Encoder<Row> encoder() {
    return Encoders.row(fileColumns());
  }

  /** Returns the columns that say how much: those of doubles. */
  public String[] measures() {
    return Arrays.stream(columns.fields())
        .filter(column -> column.dataType().equals(DataTypes.DoubleType))
        .map(StructField::name)
        .toArray(String[]::new);
  }

  /** The columns that are folders. */
  public StructType folderColumns() {
    StructType folders = new StructType();
    for (String column : partitionColumns) {
      folders = folders.add(columns.apply(column));
    }

    return folders;
  }

  /**
   * The dataset with exactly the file columns of this table, in order.
   *
   * @throws IllegalArgumentException naming the first column that is missing or of another type
   */
  public Dataset<Row> conform(Dataset<Row> rows) {
    StructType expected = fileColumns();
    for (StructField column : expected.fields()) {
      int index = List.of(rows.columns()).indexOf(column.name());
      if (index < 0) {
        throw new IllegalArgumentException(
            String.format(Locale.ROOT, "Missing column of table %s: %s", name, column.name()));
      }

      DataType actual = rows.schema().fields()[index].dataType();
      if (!nullable(actual).equals(nullable(column.dataType()))) {
        throw new IllegalArgumentException(
            String.format(
                Locale.ROOT,
                "Invalid column %s of table %s: %s, expected %s",
                column.name(),
                name,
                actual.catalogString(),
                column.dataType().catalogString()));
      }
    }

    return rows.select(
        List.of(expected.fieldNames()).stream()
            .map(functions::col)
            .toArray(org.apache.spark.sql.Column[]::new));
  }

  private static DataType nullable(DataType type) {
    if (type instanceof ArrayType array) {
      return new ArrayType(nullable(array.elementType()), true);
    }

    if (type instanceof MapType map) {
      return new MapType(nullable(map.keyType()), nullable(map.valueType()), true);
    }

    return type;
  }
}
