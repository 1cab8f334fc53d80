/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.sql;

import dev.kindred.InvalidInput;
import dev.kindred.math.Cosine;
import java.util.List;
import java.util.Optional;
import org.apache.spark.sql.catalyst.util.ArrayData;
import org.apache.spark.sql.connector.catalog.functions.BoundFunction;
import org.apache.spark.sql.connector.catalog.functions.ScalarFunction;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.FloatType;
import org.apache.spark.sql.types.NullType;

/** {@code cosine_similarity} of two vectors, as {@link Cosine} defines it. */
public record CosineSimilarityFunction() implements ScalarFunction<Double> {
  static final String NAME = "cosine_similarity";
  private static final DataType VECTOR = DataTypes.createArrayType(DataTypes.FloatType);

  static Optional<BoundFunction> bind(List<DataType> arguments) {
    return arguments.size() == 2 && arguments.stream().allMatch(CosineSimilarityFunction::isVector)
        ? Optional.of(new CosineSimilarityFunction())
        : Optional.empty();
  }

  private static boolean isVector(DataType type) {
    return type instanceof NullType
        || type instanceof ArrayType array && array.elementType() instanceof FloatType;
  }

  /** Is called by the code that Spark generates. */
  public static Double invoke(ArrayData a, ArrayData b) {
    if (a == null || b == null) {
      return null;
    }

    if (a.numElements() != b.numElements()) {
      throw new InvalidInput(
          "%s: lengths differ: %d and %d", NAME, a.numElements(), b.numElements());
    }

    return Cosine.similarity(NumberType.readFloats(NAME, a), NumberType.readFloats(NAME, b));
  }

  @Override
  public DataType[] inputTypes() {
    return new DataType[] {VECTOR, VECTOR};
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
