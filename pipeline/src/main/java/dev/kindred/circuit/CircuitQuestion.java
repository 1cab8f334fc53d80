/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.circuit;

import dev.kindred.ContentId;
import java.io.Serializable;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * What is asked of a model's circuits.
 *
 * @param bases in which circuits are seen, beside the residual stream itself
 * @param distances of queries after keys, where positions turn them
 * @param ranked tokens of which it is asked who has more than they have themselves, ascending
 * @param draws of each null
 * @param seed of what is drawn
 */
public record CircuitQuestion(
    List<TokenBasis> bases, List<Integer> distances, int[] ranked, int draws, long seed)
    implements Serializable {
  /** Says with which formulas rows were made. */
  private static final int VERSION = 2;

  /** Returns the name under which tables keep the answer. */
  public String key() {
    return new ContentId()
        .add(
            VERSION
                + " "
                + bases
                + " "
                + distances
                + " "
                + Arrays.toString(ranked)
                + " "
                + draws
                + " "
                + seed)
        .id("c");
  }

  /** The same question with other ranked tokens. */
  public CircuitQuestion ofTokens(int[] others) {
    return new CircuitQuestion(bases, distances, others, draws, seed);
  }

  /**
   * Returns the first tokens of a vocabulary, which are the most frequent ones as far as it can
   * tell: pairs that texts have most often were merged first.
   */
  public static int[] firstTokens(int count) {
    return IntStream.range(0, count).toArray();
  }

  /**
   * Returns the tokens that a text has most often, in ascending order; of those that it has as
   * often, the first.
   *
   * @param counts of each token of the vocabulary
   */
  public static int[] mostFrequent(long[] counts, int count) {
    return IntStream.range(0, counts.length)
        .boxed()
        .sorted(
            Comparator.comparingLong((Integer token) -> counts[token])
                .reversed()
                .thenComparing(Comparator.naturalOrder()))
        .limit(count)
        .mapToInt(Integer::intValue)
        .sorted()
        .toArray();
  }

  /** The distances at which a block's queries and keys differ. */
  List<Integer> distances(FoldedModel model, int block) {
    return model.isRotary(block) ? distances : List.of(0);
  }
}
