/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.sql;

import dev.kindred.InvalidInput;
import dev.kindred.math.Hellinger;
import java.util.List;
import java.util.Optional;
import org.apache.spark.sql.catalyst.util.ArrayData;
import org.apache.spark.sql.catalyst.util.MapData;
import org.apache.spark.sql.connector.catalog.functions.BoundFunction;
import org.apache.spark.sql.connector.catalog.functions.ScalarFunction;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;

/**
 * {@code hellinger_distance} of two distributions, each of which is an array or a map.
 *
 * @param left the first argument
 * @param right the second argument
 */
public record HellingerDistanceFunction(TokenValuesType left, TokenValuesType right)
    implements ScalarFunction<Double> {
  static final String NAME = "hellinger_distance";
  private static final double WITHOUT_EVIDENCE = 1;

  /** How far from 1 probabilities may sum: that of half a million floats is within it. */
  private static final double SUM_TOLERANCE = 1e-3;

  static Optional<BoundFunction> bind(List<DataType> arguments) {
    if (arguments.size() != 2) {
      return Optional.empty();
    }

    Optional<TokenValuesType> left = TokenValuesType.of(arguments.get(0));
    Optional<TokenValuesType> right = TokenValuesType.of(arguments.get(1));
    return left.isPresent() && right.isPresent() && !left.get().isWhole() && !right.get().isWhole()
        ? Optional.of(new HellingerDistanceFunction(left.get(), right.get()))
        : Optional.empty();
  }

  /** Is called by the code that Spark generates. */
  public Double invoke(ArrayData p, ArrayData q) {
    return p == null || q == null ? null : distance(left.read(NAME, p), right.read(NAME, q));
  }

  /** Is called by the code that Spark generates. */
  public Double invoke(MapData p, MapData q) {
    return p == null || q == null ? null : distance(left.read(NAME, p), right.read(NAME, q));
  }

  /** Is called by the code that Spark generates. */
  public Double invoke(MapData p, ArrayData q) {
    return p == null || q == null ? null : distance(left.read(NAME, p), right.read(NAME, q));
  }

  /** Is called by the code that Spark generates. */
  public Double invoke(ArrayData p, MapData q) {
    return p == null || q == null ? null : distance(left.read(NAME, p), right.read(NAME, q));
  }

  private static double distance(TokenValues p, TokenValues q) {
    if (p.isDense() && q.isDense() && p.values().length != q.values().length) {
      throw new InvalidInput(
          "%s: lengths differ: %d and %d", NAME, p.values().length, q.values().length);
    }

    checkDistribution(p);
    checkDistribution(q);
    if (p.values().length == 0 || q.values().length == 0) {
      return WITHOUT_EVIDENCE;
    }

    if (p.isDense()) {
      return Hellinger.distance(p.values(), dense(q, p.values().length));
    }

    if (q.isDense()) {
      return Hellinger.distance(q.values(), dense(p, q.values().length));
    }

    TokenValues sortedP = p.sorted();
    TokenValues sortedQ = q.sorted();
    return Hellinger.distance(
        sortedP.tokens(), sortedP.values(), sortedQ.tokens(), sortedQ.values());
  }

  private static void checkDistribution(TokenValues distribution) {
    double total = distribution.checkNotNegative(NAME).total();
    if (distribution.values().length > 0 && Math.abs(total - 1) > SUM_TOLERANCE) {
      throw new InvalidInput(
          "%s: probabilities sum to %.4g, not to 1; make counts a distribution with %s",
          NAME, total, NormalizeCountsFunction.NAME);
    }
  }

  private static double[] dense(TokenValues distribution, int vocabularySize) {
    if (distribution.isDense()) {
      return distribution.values();
    }

    double[] dense = new double[vocabularySize];
    for (int i = 0; i < distribution.tokens().length; i++) {
      int token = distribution.tokens()[i];
      if (token < 0 || token >= vocabularySize) {
        throw new InvalidInput(
            "%s: the map has token %d, the array only tokens 0 to %d",
            NAME, token, vocabularySize - 1);
      }

      dense[token] = distribution.values()[i];
    }

    return dense;
  }

  @Override
  public DataType[] inputTypes() {
    return new DataType[] {left.type(), right.type()};
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
