/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.subspace;

import dev.kindred.ContentId;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/**
 * How a set of embeddings is learned; whatever changes a vector of it changes its {@link #key}.
 *
 * @param restarts vectors for each token
 * @param seed of their starts
 * @param maxSteps after which a group that has not converged is left as it is
 * @param tokenIds which tokens, ascending
 * @param everyToken whether these are all that the model has
 */
public record EmbeddingRecipe(
    Optimizer optimizer,
    int restarts,
    long seed,
    int maxSteps,
    List<Integer> tokenIds,
    boolean everyToken)
    implements Serializable {
  /**
   * Vectors that are learned together, at most: their mean loss stops them. It is the number that
   * the study had for a token; with more, its mean went over all of them.
   */
  public static final int GROUP = 100;

  private static final int HASH_LENGTH = 10;

  /** All tokens of a model. */
  public static EmbeddingRecipe ofAll(
      Optimizer optimizer, int restarts, long seed, int maxSteps, int vocabularySize) {
    List<Integer> ids = new ArrayList<>();
    for (int id = 0; id < vocabularySize; id++) {
      ids.add(id);
    }

    return new EmbeddingRecipe(optimizer, restarts, seed, maxSteps, ids, true);
  }

  /** Some tokens, in any order. */
  public static EmbeddingRecipe of(
      Optimizer optimizer, int restarts, long seed, int maxSteps, int... tokenIds) {
    List<Integer> ids = Arrays.stream(tokenIds).sorted().distinct().boxed().toList();
    return new EmbeddingRecipe(optimizer, restarts, seed, maxSteps, ids, false);
  }

  /** Readable, and different for everything that gives different vectors: {@code fast_n100_s42}. */
  public String key() {
    String key = optimizer + "_n" + restarts + "_s" + seed;
    if (maxSteps != optimizer.maxSteps()) {
      key += "_m" + maxSteps;
    }

    if (!everyToken) {
      String ids = tokenIds.stream().map(String::valueOf).collect(Collectors.joining(","));
      key += "_" + new ContentId().add(ids).id("t").replace("-", "").substring(0, HASH_LENGTH);
    }

    return key;
  }

  /**
   * What is learned at once.
   *
   * @param first restart of the group
   * @param count vectors
   */
  public record Unit(int tokenId, int first, int count) implements Serializable {}

  /** Everything that is to be learned, by token. */
  public List<Unit> units() {
    List<Unit> units = new ArrayList<>();
    for (int token : tokenIds) {
      for (int first = 0; first < restarts; first += GROUP) {
        units.add(new Unit(token, first, Math.min(GROUP, restarts - first)));
      }
    }

    return units;
  }
}
