/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.sql;

import dev.kindred.InvalidInput;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.apache.spark.sql.catalyst.util.ArrayData;
import org.apache.spark.sql.catalyst.util.MapData;

/**
 * A number for each of some tokens: an argument as Kindred's tables have them.
 *
 * @param isDense whether it was an array, with an element for every token of the vocabulary
 * @param tokens token ids, each once
 * @param values one a token
 */
record TokenValues(boolean isDense, int[] tokens, double[] values) {

  static TokenValues read(String function, NumberType type, ArrayData array) {
    double[] values = type.read(function, array);
    return new TokenValues(true, IntStream.range(0, values.length).toArray(), values);
  }

  static TokenValues read(String function, NumberType type, MapData map) {
    return new TokenValues(
        false, map.keyArray().toIntArray(), type.read(function, map.valueArray()));
  }

  /**
   * Checks that the values could be counts or probabilities.
   *
   * @throws InvalidInput naming a negative one
   */
  TokenValues checkNotNegative(String function) {
    for (int i = 0; i < values.length; i++) {
      if (values[i] < 0) {
        throw new InvalidInput(
            "%s: the value of token %d is negative: %s", function, tokens[i], values[i]);
      }
    }

    return this;
  }

  double total() {
    return Arrays.stream(values).sum();
  }

  /** The same in ascending order of tokens. */
  TokenValues sorted() {
    if (isDense) {
      return this;
    }

    long[] order = new long[tokens.length]; // token id, then place
    for (int place = 0; place < order.length; place++) {
      order[place] = (long) tokens[place] << Integer.SIZE | place;
    }

    Arrays.sort(order);
    return new TokenValues(
        false,
        Arrays.stream(order).mapToInt(key -> (int) (key >> Integer.SIZE)).toArray(),
        Arrays.stream(order).mapToDouble(key -> values[(int) key]).toArray());
  }
}
