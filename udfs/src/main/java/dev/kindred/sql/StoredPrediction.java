/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.sql;

import dev.kindred.InvalidInput;
import dev.kindred.model.LogitMap;
import java.io.Serializable;
import java.util.List;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.DoubleType;
import org.apache.spark.sql.types.FloatType;
import org.apache.spark.sql.types.NullType;

/**
 * Reads a prediction as the table predictions has it: as probabilities or, of a large vocabulary,
 * as the vector that they are made of.
 */
final class StoredPrediction implements Serializable {
  private static final long serialVersionUID = 1L;

  /** The first arguments of a function of a prediction. */
  static final String ARGUMENTS = "probabilities, final_vector, log_normalizer";

  private static final DataType FLOATS = DataTypes.createArrayType(DataTypes.FloatType);

  private final String function;
  private final RunModel model;
  private transient LogitMap map; // when it has been needed

  StoredPrediction(String function, RunModel model) {
    this.function = function;
    this.model = model;
  }

  static List<DataType> types() {
    return List.of(FLOATS, FLOATS, DataTypes.DoubleType);
  }

  /** Whether arguments begin with those of a prediction. */
  static boolean isFirstOf(List<DataType> arguments) {
    return isFloats(arguments.get(0))
        && isFloats(arguments.get(1))
        && (arguments.get(2) instanceof DoubleType || arguments.get(2) instanceof NullType);
  }

  private static boolean isFloats(DataType type) {
    return type instanceof NullType
        || type instanceof ArrayType array && array.elementType() instanceof FloatType;
  }

  /** Whether the arguments have no prediction at all. */
  static boolean isNull(InternalRow arguments) {
    return arguments.isNullAt(0) && (arguments.isNullAt(1) || arguments.isNullAt(2));
  }

  /**
   * Returns a token's probability.
   *
   * @param arguments that are not {@link #isNull}
   * @throws InvalidInput if the vocabulary has no such token
   */
  double probability(InternalRow arguments, int token) {
    boolean isDense = !arguments.isNullAt(0);
    int tokens = isDense ? arguments.getArray(0).numElements() : map().tokens();
    if (token < 0 || token >= tokens) {
      throw new InvalidInput("%s: token_id %d is outside [0, %d)", function, token, tokens);
    }

    return isDense
        ? arguments.getArray(0).getFloat(token)
        : Math.exp(map().logit(vector(arguments), token) - arguments.getDouble(2));
  }

  /** Returns all probabilities. */
  float[] probabilities(InternalRow arguments) {
    if (!arguments.isNullAt(0)) {
      return arguments.getArray(0).toFloatArray();
    }

    double[] logits = map().logits(new float[][] {vector(arguments)})[0];
    float[] probabilities = new float[logits.length];
    for (int token = 0; token < logits.length; token++) {
      probabilities[token] = (float) Math.exp(logits[token] - arguments.getDouble(2));
    }

    return probabilities;
  }

  private float[] vector(InternalRow arguments) {
    float[] vector = NumberType.readFloats(function, arguments.getArray(1));
    if (vector.length != map().inputs()) {
      throw new InvalidInput(
          "%s: final_vector has %d numbers, the model's have %d",
          function, vector.length, map().inputs());
    }

    return vector;
  }

  private LogitMap map() {
    if (map == null) {
      map = model.logitMap(function);
    }

    return map;
  }

  RunModel model() {
    return model;
  }
}
