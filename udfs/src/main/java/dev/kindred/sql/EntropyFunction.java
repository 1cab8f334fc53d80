/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.sql;

import dev.kindred.math.Entropy;
import java.util.List;
import java.util.Optional;
import org.apache.spark.sql.catalyst.util.ArrayData;
import org.apache.spark.sql.catalyst.util.MapData;
import org.apache.spark.sql.connector.catalog.functions.BoundFunction;
import org.apache.spark.sql.connector.catalog.functions.ScalarFunction;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;

/**
 * {@code entropy} of a distribution or of counts, in bits.
 *
 * @param values the argument
 */
public record EntropyFunction(TokenValuesType values) implements ScalarFunction<Double> {
  static final String NAME = "entropy";

  static Optional<BoundFunction> bind(List<DataType> arguments) {
    return arguments.size() != 1
        ? Optional.empty()
        : TokenValuesType.of(arguments.get(0)).map(EntropyFunction::new);
  }

  /** Is called by the code that Spark generates. */
  public Double invoke(ArrayData array) {
    return array == null ? null : bits(values.read(NAME, array));
  }

  /** Is called by the code that Spark generates. */
  public Double invoke(MapData map) {
    return map == null ? null : bits(values.read(NAME, map));
  }

  private static Double bits(TokenValues all) {
    double bits = Entropy.bits(all.checkNotNegative(NAME).values());
    return Double.isNaN(bits) ? null : bits;
  }

  @Override
  public DataType[] inputTypes() {
    return new DataType[] {values.type()};
  }

  @Override
  public DataType resultType() {
    return DataTypes.DoubleType;
  }

  @Override
  public String name() {
    return NAME;
  }
}
