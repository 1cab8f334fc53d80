/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.sql;

import java.io.Serializable;
import java.util.Optional;
import org.apache.spark.sql.catalyst.util.ArrayData;
import org.apache.spark.sql.catalyst.util.MapData;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.IntegerType;
import org.apache.spark.sql.types.MapType;
import org.apache.spark.sql.types.NullType;

/**
 * A type of arguments with a number for each of some tokens.
 *
 * @param type an array of numbers, where the place is the token id, or a map from token ids to them
 * @param numbers type of the elements, or of the map's values
 */
record TokenValuesType(DataType type, NumberType numbers) implements Serializable {

  /** The argument type, if it is such a one; a bare NULL is taken for an array of float. */
  static Optional<TokenValuesType> of(DataType type) {
    if (type instanceof NullType) {
      return of(DataTypes.createArrayType(DataTypes.FloatType));
    }

    if (type instanceof ArrayType array) {
      return NumberType.of(array.elementType()).map(numbers -> new TokenValuesType(type, numbers));
    }

    if (type instanceof MapType map && map.keyType() instanceof IntegerType) {
      return NumberType.of(map.valueType()).map(numbers -> new TokenValuesType(type, numbers));
    }

    return Optional.empty();
  }

  boolean isMap() {
    return type instanceof MapType;
  }

  /** Whether values are counts rather than shares of something. */
  boolean isWhole() {
    return numbers.isWhole();
  }

  TokenValues read(String function, ArrayData array) {
    return TokenValues.read(function, numbers, array);
  }

  TokenValues read(String function, MapData map) {
    return TokenValues.read(function, numbers, map);
  }
}
