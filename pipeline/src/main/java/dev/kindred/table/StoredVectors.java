/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.table;

import java.util.List;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.catalyst.InternalRow;

/** Rows with vectors, as Spark has them and as Java wants them. */
public final class StoredVectors {
  private StoredVectors() {}

  /**
   * Returns rows as Spark keeps them, where an array is memory that is copied at once ({@code
   * row.getArray(0).toFloatArray()}). Spark's encoders box every component of an array that could
   * hold nulls, as all arrays in files could. This is the one place that reaches behind Spark's
   * public interface for them.
   *
   * @param stored selected columns of a table; shuffles of a query with joins would run at once
   * @return rows that are valid until the next one is asked for
   */
  public static JavaRDD<InternalRow> rows(Dataset<Row> stored) {
    return ((org.apache.spark.sql.classic.Dataset<Row>) stored)
        .queryExecution()
        .toRdd()
        .toJavaRDD();
  }

  /** Returns an array of bigint in a row. */
  public static long[] longs(Row row, int column) {
    return row.<Long>getList(column).stream().mapToLong(Long::longValue).toArray();
  }

  /** Returns an array of int in a row. */
  public static int[] ints(Row row, int column) {
    return row.<Integer>getList(column).stream().mapToInt(Integer::intValue).toArray();
  }

  /** Returns an array of float or double in a row. */
  public static double[] doubles(Row row, int column) {
    return row.<Number>getList(column).stream().mapToDouble(Number::doubleValue).toArray();
  }

  /** Returns an array of float in a row. */
  public static float[] floats(Row row, int column) {
    List<Float> values = row.getList(column);
    float[] floats = new float[values.size()];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = values.get(i);
    }

    return floats;
  }
}
