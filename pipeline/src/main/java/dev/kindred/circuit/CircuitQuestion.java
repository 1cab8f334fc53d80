/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.circuit;

import dev.kindred.ContentId;
import java.io.Serializable;
import java.util.List;
import java.util.stream.IntStream;

/**
 * What is asked of a model's circuits.
 *
 * @param bases in which circuits are seen, beside the residual stream itself
 * @param distances of queries after keys, where positions turn them
 * @param rankedTokens for how many tokens it is asked who has more than they have themselves; 0 for
 *     none
 * @param draws of each null
 * @param seed of what is drawn
 */
public record CircuitQuestion(
    List<TokenBasis> bases, List<Integer> distances, int rankedTokens, int draws, long seed)
    implements Serializable {
  /** Says with which formulas rows were made. */
  private static final int VERSION = 1;

  /** Returns the name under which tables keep the answer. */
  public String key() {
    return new ContentId()
        .add(
            VERSION + " " + bases + " " + distances + " " + rankedTokens + " " + draws + " " + seed)
        .id("c");
  }

  /** The tokens that are ranked, evenly spaced. */
  int[] ranked(int vocabulary) {
    int count = Math.min(rankedTokens, vocabulary);
    return IntStream.range(0, count).map(i -> (int) ((long) i * vocabulary / count)).toArray();
  }

  /** The distances at which a block's queries and keys differ. */
  List<Integer> distances(FoldedModel model, int block) {
    return model.isRotary(block) ? distances : List.of(0);
  }
}
