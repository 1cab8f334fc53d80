/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.sql;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.spark.sql.connector.catalog.functions.BoundFunction;
import org.apache.spark.sql.connector.catalog.functions.ScalarFunction;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.IntegerType;
import org.apache.spark.sql.types.NullType;
import org.apache.spark.unsafe.types.UTF8String;

/** {@code token_text}: a token of a corpus as text. It carries the vocabulary. */
public final class TokenTextFunction implements ScalarFunction<UTF8String> {
  private static final long serialVersionUID = 1L;

  static final String NAME = "token_text";

  private final String corpusId;
  private final Map<Integer, String> vocabulary;

  private TokenTextFunction(String corpusId, Map<Integer, String> vocabulary) {
    this.corpusId = corpusId;
    this.vocabulary = vocabulary;
  }

  static Optional<BoundFunction> bind(
      String corpusId, Map<Integer, String> vocabulary, List<DataType> arguments) {
    return arguments.size() == 1
            && (arguments.get(0) instanceof IntegerType || arguments.get(0) instanceof NullType)
        ? Optional.of(new TokenTextFunction(corpusId, vocabulary))
        : Optional.empty();
  }

  /** Is called by the code that Spark generates, unless the id is NULL. */
  public UTF8String invoke(int tokenId) {
    return UTF8String.fromString(vocabulary.get(tokenId));
  }

  @Override
  public DataType[] inputTypes() {
    return new DataType[] {DataTypes.IntegerType};
  }

  @Override
  public DataType resultType() {
    return DataTypes.StringType;
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public String canonicalName() {
    return "dev.kindred." + NAME + "(" + corpusId + ")";
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof TokenTextFunction function && corpusId.equals(function.corpusId);
  }

  @Override
  public int hashCode() {
    return corpusId.hashCode();
  }

  @Override
  public String toString() {
    return NAME + "(" + corpusId + ")";
  }
}
