/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.locality;

import dev.kindred.table.Tables;
import java.io.Serializable;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import scala.Tuple2;

/**
 * Of what cosines are counted: the keys of {@link Tables#TRUNCATION_SUMMARIES}.
 *
 * @param firstToken {@link Protocol#NONE} for none
 * @param places null where both streams are of whole texts
 */
record Counted(
    String comparedWith, int firstToken, String places, int layer, int tokens, String slice)
    implements Serializable {
  static final String LAST_TOKENS = "last_tokens";

  /** Columns of some of the counts. */
  static final StructType SCHEMA =
      new StructType()
          .add("compared_with", DataTypes.StringType)
          .add("first_token", DataTypes.IntegerType)
          .add("places", DataTypes.StringType)
          .add("layer", DataTypes.IntegerType)
          .add("tokens", DataTypes.IntegerType)
          .add("slice", DataTypes.StringType)
          .add("bins", DataTypes.createArrayType(DataTypes.IntegerType))
          .add("counts", DataTypes.createArrayType(DataTypes.LongType))
          .add("sum", DataTypes.LongType)
          .add("squares", DataTypes.LongType)
          .add("negative", DataTypes.LongType);

  /** A row of these columns. */
  Row some(CosineCounts counts) {
    return RowFactory.create(
        comparedWith,
        firstToken,
        places,
        layer,
        tokens,
        slice,
        counts.places(),
        counts.counts(),
        counts.sum(),
        counts.squares(),
        counts.negative());
  }

  /** What such a row has. */
  static Tuple2<Counted, CosineCounts> pair(Row some) {
    return new Tuple2<>(
        new Counted(
            some.getString(0),
            some.getInt(1),
            some.getString(2),
            some.getInt(3),
            some.getInt(4),
            some.getString(5)),
        CosineCounts.of(
            some.<Integer>getList(6).stream().mapToInt(Integer::intValue).toArray(),
            some.<Long>getList(7).stream().mapToLong(Long::longValue).toArray(),
            some.getLong(8),
            some.getLong(9),
            some.getLong(10)));
  }

  /** The row of all counts. */
  Row row(CosineCounts counts) {
    return Tables.TRUNCATION_SUMMARIES.row(
        comparedWith,
        Protocol.shown(firstToken),
        places,
        layer,
        tokens,
        slice,
        counts.count(),
        counts.mean(),
        counts.quantile(.5),
        counts.quantile(.01),
        counts.quantile(.05),
        counts.quantile(.25),
        counts.quantile(.75),
        counts.quantile(.95),
        counts.quantile(.99),
        counts.meanSquare(),
        counts.negativeShare(),
        counts.places(),
        counts.counts());
  }
}
