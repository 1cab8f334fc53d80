/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.sql;

import dev.kindred.math.Counts;
import java.util.List;
import java.util.Optional;
import org.apache.spark.sql.catalyst.expressions.UnsafeArrayData;
import org.apache.spark.sql.catalyst.util.ArrayBasedMapData;
import org.apache.spark.sql.catalyst.util.MapData;
import org.apache.spark.sql.connector.catalog.functions.BoundFunction;
import org.apache.spark.sql.connector.catalog.functions.ScalarFunction;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.NullType;

/**
 * {@code normalize_counts}: a map of counts as a distribution.
 *
 * @param counts the argument
 */
public record NormalizeCountsFunction(TokenValuesType counts) implements ScalarFunction<MapData> {
  static final String NAME = "normalize_counts";

  /** What a bare NULL is taken for. */
  private static final DataType COUNTS =
      DataTypes.createMapType(DataTypes.IntegerType, DataTypes.LongType);

  static Optional<BoundFunction> bind(List<DataType> arguments) {
    return arguments.size() != 1
        ? Optional.empty()
        : TokenValuesType.of(arguments.get(0) instanceof NullType ? COUNTS : arguments.get(0))
            .filter(type -> type.isMap() && type.isWhole())
            .map(NormalizeCountsFunction::new);
  }

  /** Is called by the code that Spark generates. */
  public MapData invoke(MapData map) {
    if (map == null) {
      return null;
    }

    TokenValues values = counts.read(NAME, map).checkNotNegative(NAME);
    double[] shares = Counts.normalize(values.values());
    return new ArrayBasedMapData(
        UnsafeArrayData.fromPrimitiveArray(shares.length == 0 ? new int[0] : values.tokens()),
        UnsafeArrayData.fromPrimitiveArray(shares));
  }

  @Override
  public DataType[] inputTypes() {
    return new DataType[] {counts.type()};
  }

  @Override
  public DataType resultType() {
    return DataTypes.createMapType(DataTypes.IntegerType, DataTypes.DoubleType, false);
  }

  @Override
  public String name() {
    return NAME;
  }
}
