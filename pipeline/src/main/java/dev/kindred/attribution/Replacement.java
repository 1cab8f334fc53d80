/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.attribution;

import dev.kindred.model.ResidualStream;
import java.io.Serializable;
import java.util.Arrays;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/**
 * What stands in a token's place when it is taken away. Its position stays, unless it is left out.
 */
public sealed interface Replacement extends Serializable {

  /**
   * A row that no token need have.
   *
   * @param values D
   */
  record Row(float[] values) implements Replacement {}

  /**
   * Other tokens, each in turn; what follows is averaged.
   *
   * @param ids at least one
   * @param weights one an id, summing to 1
   */
  record Tokens(int[] ids, double[] weights) implements Replacement {}

  /** Nothing: the tokens after it move one position to the left. */
  record Delete() implements Replacement {}

  /** Tokens of a vocabulary, at most, all of which are tried in turn if nothing else is said. */
  int MOST_AVERAGED = 256;

  /** The row of zeros. */
  static Row zero(ResidualStream model) {
    return new Row(new float[model.shape().modelDimension()]);
  }

  /** The mean of all tokens' rows. */
  static Row mean(ResidualStream model) {
    int dimension = model.shape().modelDimension();
    int tokens = model.shape().vocabularySize();
    float[] rows = model.embed(IntStream.range(0, tokens).toArray());
    double[] sums = new double[dimension];
    for (int i = 0; i < rows.length; i++) {
      sums[i % dimension] += rows[i];
    }

    float[] mean = new float[dimension];
    for (int i = 0; i < dimension; i++) {
      mean[i] = (float) (sums[i] / tokens);
    }

    return new Row(mean);
  }

  /** One token. */
  static Tokens token(int id) {
    return new Tokens(new int[] {id}, new double[] {1});
  }

  /**
   * Every token of a text, as often as it is there.
   *
   * @param counts by token id; at least one is above 0
   */
  static Tokens marginal(long[] counts) {
    double all = LongStream.of(counts).sum();
    int[] ids = IntStream.range(0, counts.length).filter(id -> counts[id] > 0).toArray();
    return new Tokens(ids, IntStream.of(ids).mapToDouble(id -> counts[id] / all).toArray());
  }

  /** Every token of the vocabulary, all alike: where no text says how frequent they are. */
  static Tokens uniform(ResidualStream model) {
    int tokens = model.shape().vocabularySize();
    double[] weights = new double[tokens];
    Arrays.fill(weights, 1. / tokens);
    return new Tokens(IntStream.range(0, tokens).toArray(), weights);
  }

  /** Whether one thing takes a token's place, so that several can be replaced at once. */
  default boolean isSingle() {
    return !(this instanceof Tokens several) || several.ids().length == 1;
  }
}
