/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.sql;

import java.util.List;
import java.util.Optional;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.expressions.UnsafeArrayData;
import org.apache.spark.sql.catalyst.util.ArrayData;
import org.apache.spark.sql.connector.catalog.functions.BoundFunction;
import org.apache.spark.sql.connector.catalog.functions.ScalarFunction;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;

/** {@code probabilities}: a whole next-token distribution, however it is stored. */
record ProbabilitiesFunction(StoredPrediction prediction) implements ScalarFunction<ArrayData> {
  static final String NAME = "probabilities";

  static Optional<BoundFunction> bind(RunModel model, List<DataType> arguments) {
    return arguments.size() == 3 && StoredPrediction.isFirstOf(arguments)
        ? Optional.of(new ProbabilitiesFunction(new StoredPrediction(NAME, model)))
        : Optional.empty();
  }

  @Override
  public ArrayData produceResult(InternalRow arguments) {
    return StoredPrediction.isNull(arguments)
        ? null
        : UnsafeArrayData.fromPrimitiveArray(prediction.probabilities(arguments));
  }

  @Override
  public DataType[] inputTypes() {
    return StoredPrediction.types().toArray(DataType[]::new);
  }

  @Override
  public DataType resultType() {
    return DataTypes.createArrayType(DataTypes.FloatType);
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
