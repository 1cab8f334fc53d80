/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.sql;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.connector.catalog.functions.BoundFunction;
import org.apache.spark.sql.connector.catalog.functions.ScalarFunction;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.IntegerType;
import org.apache.spark.sql.types.NullType;

/** {@code probability}: how probable a model finds a token, however its prediction is stored. */
record ProbabilityFunction(StoredPrediction prediction) implements ScalarFunction<Double> {
  static final String NAME = "probability";

  static Optional<BoundFunction> bind(RunModel model, List<DataType> arguments) {
    return arguments.size() == 4
            && StoredPrediction.isFirstOf(arguments)
            && (arguments.get(3) instanceof IntegerType || arguments.get(3) instanceof NullType)
        ? Optional.of(new ProbabilityFunction(new StoredPrediction(NAME, model)))
        : Optional.empty();
  }

  @Override
  public Double produceResult(InternalRow arguments) {
    return StoredPrediction.isNull(arguments) || arguments.isNullAt(3)
        ? null
        : (Double) prediction.probability(arguments, arguments.getInt(3));
  }

  @Override
  public DataType[] inputTypes() {
    return Stream.concat(StoredPrediction.types().stream(), Stream.of(DataTypes.IntegerType))
        .toArray(DataType[]::new);
  }

  @Override
  public DataType resultType() {
    return DataTypes.DoubleType;
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public String canonicalName() {
    return "dev.kindred." + NAME + "(" + prediction.model().modelId() + ")";
  }
}
