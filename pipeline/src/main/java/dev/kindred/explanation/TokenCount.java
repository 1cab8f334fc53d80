/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.explanation;

import dev.kindred.math.TopTokens;
import java.io.Serializable;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;

/**
 * How often a token follows.
 *
 * @param share of all counts of the same strings, in [0, 1]
 */
public record TokenCount(String text, long count, double share) implements Serializable {

  /**
   * Lists the most frequent tokens, of equally frequent ones the lowest id first.
   *
   * @param counts by token id
   * @param most how many are listed
   * @param texts of tokens by id
   */
  public static List<TokenCount> mostFrequent(
      Map<Integer, Long> counts, int most, IntFunction<String> texts) {
    int[] tokens = counts.keySet().stream().mapToInt(Integer::intValue).toArray();
    double[] values = IntStream.of(tokens).mapToDouble(counts::get).toArray();
    double total = DoubleStream.of(values).sum();
    return IntStream.of(TopTokens.places(tokens, values, most))
        .mapToObj(
            place ->
                new TokenCount(
                    texts.apply(tokens[place]), (long) values[place], values[place] / total))
        .toList();
  }
}
