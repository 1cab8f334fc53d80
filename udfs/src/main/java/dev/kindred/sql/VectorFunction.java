/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.sql;

import dev.kindred.InvalidInput;
import dev.kindred.math.Half;
import java.util.List;
import java.util.Optional;
import org.apache.spark.sql.catalyst.expressions.UnsafeArrayData;
import org.apache.spark.sql.catalyst.util.ArrayData;
import org.apache.spark.sql.connector.catalog.functions.BoundFunction;
import org.apache.spark.sql.connector.catalog.functions.ScalarFunction;
import org.apache.spark.sql.types.BinaryType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.NullType;

/** {@code vector} of numbers that are stored as {@link Half} has them. */
public record VectorFunction() implements ScalarFunction<ArrayData> {
  static final String NAME = "vector";

  static Optional<BoundFunction> bind(List<DataType> arguments) {
    return arguments.size() == 1
            && (arguments.get(0) instanceof BinaryType || arguments.get(0) instanceof NullType)
        ? Optional.of(new VectorFunction())
        : Optional.empty();
  }

  /** Is called by the code that Spark generates. */
  public static ArrayData invoke(byte[] halves) {
    if (halves == null) {
      return null;
    }

    if (halves.length % Short.BYTES != 0) {
      throw new InvalidInput(
          "%s: %d bytes are no numbers of binary16, which have two bytes each",
          NAME, halves.length);
    }

    return UnsafeArrayData.fromPrimitiveArray(Half.decode(halves));
  }

  @Override
  public DataType[] inputTypes() {
    return new DataType[] {DataTypes.BinaryType};
  }

  @Override
  public DataType resultType() {
    return DataTypes.createArrayType(DataTypes.FloatType, false);
  }

  @Override
  public String name() {
    return NAME;
  }
}
