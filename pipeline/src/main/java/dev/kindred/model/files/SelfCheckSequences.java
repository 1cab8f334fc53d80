/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model.files;

import dev.kindred.model.ModelShape;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/** How many token sequences a new model's self-check has, and how long they are. */
public final class SelfCheckSequences {
  /** Sequences of a self-check. */
  public static final int COUNT = 4;

  private static final int LENGTH = 10;

  private SelfCheckSequences() {}

  /** Where a sequence comes from. */
  public interface Source {
    /**
     * Token ids.
     *
     * @param index of the sequence, from 0 to {@link #COUNT} - 1
     * @param length tokens that it has
     */
    int[] sequence(int index, int length);
  }

  /** Sequences that fit into a model's context. */
  public static List<int[]> of(ModelShape shape, Source source) {
    int length = Math.min(LENGTH, shape.contextLength());
    return IntStream.range(0, COUNT).mapToObj(i -> source.sequence(i, length)).toList();
  }

  /**
   * Returns sequences of random token ids below {@code tokens}. They are the same for all models of
   * that number.
   */
  static List<int[]> random(ModelShape shape, int tokens) {
    SplittableRandom random = new SplittableRandom(tokens);
    return of(shape, (i, length) -> random.ints(length, 0, tokens).toArray());
  }
}
