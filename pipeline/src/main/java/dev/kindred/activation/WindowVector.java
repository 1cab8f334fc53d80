/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.activation;

import dev.kindred.math.Half;
import dev.kindred.model.Precision;
import dev.kindred.table.StoredVectors;
import java.io.Serializable;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.types.DataTypes;

/**
 * A window's FFN output in one block, as it is kept.
 *
 * @param id the window's
 * @param ffnOut {@code d_model} numbers
 */
public record WindowVector(long id, float[] ffnOut) implements Serializable {

  /**
   * Reads stored vectors, of whatever precision.
   *
   * @param activations rows of {@link Precision#activations} of one model, corpus and block
   */
  public static JavaRDD<WindowVector> read(Dataset<Row> activations) {
    Dataset<Row> columns = activations.select("window_id", "ffn_out");
    Precision precision = precision(columns);
    return StoredVectors.rows(columns)
        .map(row -> new WindowVector(row.getLong(0), vector(row, 1, precision)));
  }

  /** The precision of rows, by the type of their column {@code ffn_out}. */
  public static Precision precision(Dataset<Row> activations) {
    return activations.schema().apply("ffn_out").dataType().equals(DataTypes.BinaryType)
        ? Precision.F16
        : Precision.F32;
  }

  /** The vector in a column of a row that Spark keeps. */
  public static float[] vector(InternalRow row, int column, Precision precision) {
    return switch (precision) {
      case F32 -> row.getArray(column).toFloatArray();
      case F16 -> Half.decode(row.getBinary(column));
    };
  }
}
