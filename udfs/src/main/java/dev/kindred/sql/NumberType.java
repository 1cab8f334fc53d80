/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.sql;

import dev.kindred.InvalidInput;
import java.util.Optional;
import org.apache.spark.sql.catalyst.util.ArrayData;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DoubleType;
import org.apache.spark.sql.types.FloatType;
import org.apache.spark.sql.types.IntegerType;
import org.apache.spark.sql.types.LongType;

/** How numbers stand in Spark's arrays: read as primitives, no element is ever an object. */
enum NumberType {
  INT {
    @Override
    double get(ArrayData array, int index) {
      return array.getInt(index);
    }
  },
  BIGINT {
    @Override
    double get(ArrayData array, int index) {
      return array.getLong(index);
    }
  },
  FLOAT {
    @Override
    double get(ArrayData array, int index) {
      return array.getFloat(index);
    }
  },
  DOUBLE {
    @Override
    double get(ArrayData array, int index) {
      return array.getDouble(index);
    }
  };

  abstract double get(ArrayData array, int index);

  static Optional<NumberType> of(DataType type) {
    if (type instanceof IntegerType) {
      return Optional.of(INT);
    }

    if (type instanceof LongType) {
      return Optional.of(BIGINT);
    }

    if (type instanceof FloatType) {
      return Optional.of(FLOAT);
    }

    return type instanceof DoubleType ? Optional.of(DOUBLE) : Optional.empty();
  }

  /** Whether the numbers are counts rather than shares of something. */
  boolean isWhole() {
    return this == INT || this == BIGINT;
  }

  /**
   * All numbers of an array.
   *
   * @param function for the message
   * @throws InvalidInput if an element is NULL or not finite
   */
  double[] read(String function, ArrayData array) {
    double[] numbers = new double[array.numElements()];
    for (int i = 0; i < numbers.length; i++) {
      checkNotNull(function, array, i);
      numbers[i] = get(array, i);
      checkFinite(function, numbers[i], i);
    }

    return numbers;
  }

  /**
   * All numbers of an array of float.
   *
   * @param function for the message
   * @throws InvalidInput if an element is NULL or not finite
   */
  static float[] readFloats(String function, ArrayData array) {
    float[] numbers = new float[array.numElements()];
    for (int i = 0; i < numbers.length; i++) {
      checkNotNull(function, array, i);
      numbers[i] = array.getFloat(i);
      checkFinite(function, numbers[i], i);
    }

    return numbers;
  }

  private static void checkFinite(String function, double number, int index) {
    if (!Double.isFinite(number)) {
      throw new InvalidInput("%s: element %d is %s", function, index, number);
    }
  }

  private static void checkNotNull(String function, ArrayData array, int index) {
    if (array.isNullAt(index)) {
      throw new InvalidInput(
          "%s: element %d is NULL; it takes arrays and maps without NULLs", function, index);
    }
  }
}
