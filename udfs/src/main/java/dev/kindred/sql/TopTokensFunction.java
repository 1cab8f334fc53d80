/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.sql;

import dev.kindred.InvalidInput;
import dev.kindred.math.TopTokens;
import java.util.List;
import java.util.Optional;
import org.apache.spark.sql.catalyst.expressions.GenericInternalRow;
import org.apache.spark.sql.catalyst.util.ArrayData;
import org.apache.spark.sql.catalyst.util.GenericArrayData;
import org.apache.spark.sql.catalyst.util.MapData;
import org.apache.spark.sql.connector.catalog.functions.BoundFunction;
import org.apache.spark.sql.connector.catalog.functions.ScalarFunction;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.IntegerType;
import org.apache.spark.sql.types.NullType;
import org.apache.spark.sql.types.StructType;

/**
 * {@code top_tokens}: the k tokens with the largest values.
 *
 * @param values the first argument
 */
public record TopTokensFunction(TokenValuesType values) implements ScalarFunction<ArrayData> {
  static final String NAME = "top_tokens";
  private static final StructType TOKEN =
      new StructType()
          .add("token_id", DataTypes.IntegerType, false)
          .add("value", DataTypes.DoubleType, false);

  static Optional<BoundFunction> bind(List<DataType> arguments) {
    return arguments.size() == 2
            && (arguments.get(1) instanceof IntegerType || arguments.get(1) instanceof NullType)
        ? TokenValuesType.of(arguments.get(0)).map(TopTokensFunction::new)
        : Optional.empty();
  }

  /** Is called by the code that Spark generates, unless k is NULL. */
  public ArrayData invoke(ArrayData array, int k) {
    return array == null ? null : top(values.read(NAME, array), k);
  }

  /** Is called by the code that Spark generates, unless k is NULL. */
  public ArrayData invoke(MapData map, int k) {
    return map == null ? null : top(values.read(NAME, map), k);
  }

  private static ArrayData top(TokenValues all, int k) {
    if (k < 1) {
      throw new InvalidInput("%s: k is %d; it must be at least 1", NAME, k);
    }

    int[] places = TopTokens.places(all.tokens(), all.values(), k);
    Object[] top = new Object[places.length];
    for (int i = 0; i < places.length; i++) {
      top[i] =
          new GenericInternalRow(new Object[] {all.tokens()[places[i]], all.values()[places[i]]});
    }

    return new GenericArrayData(top);
  }

  @Override
  public DataType[] inputTypes() {
    return new DataType[] {values.type(), DataTypes.IntegerType};
  }

  @Override
  public DataType resultType() {
    return DataTypes.createArrayType(TOKEN, false);
  }

  @Override
  public String name() {
    return NAME;
  }
}
