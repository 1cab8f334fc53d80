/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.prediction;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What follows a prompt's similar strings in one block, by rings: R of them, one for each threshold
 * that a {@link Rule} has for the block.
 *
 * @param rings [R], counts by token id of the strings above each threshold and not above the next
 * @param ownRing the ring that has the prompt's own window; -1 if none has
 */
public record BlockCounts(List<? extends Map<Integer, Long>> rings, int ownRing)
    implements Serializable {
  private static final long serialVersionUID = 1L;

  /** Those of one ring. */
  public static BlockCounts of(Map<Integer, Long> counts) {
    return new BlockCounts(List.of(counts), -1);
  }

  /** Counts by token id of all similar strings. */
  public SortedMap<Integer, Long> all() {
    SortedMap<Integer, Long> all = new TreeMap<>();
    rings.forEach(ring -> ring.forEach((token, count) -> all.merge(token, count, Long::sum)));
    return all;
  }

  /** The sum of all counts. */
  public long total() {
    return rings.stream().flatMap(ring -> ring.values().stream()).mapToLong(Long::longValue).sum();
  }

  /**
   * The same without the prompt's own window, wherever it is among the similar strings.
   *
   * @param own what follows it, by token id
   */
  public BlockCounts withoutOwn(Map<Integer, Long> own) {
    return ownRing < 0 ? this : without(ownRing, own);
  }

  /**
   * The same without one of a ring's strings.
   *
   * @param following what follows it, by token id, which is a part of the ring's counts
   */
  public BlockCounts without(int ring, Map<Integer, Long> following) {
    List<Map<Integer, Long>> others = new ArrayList<>(rings);
    SortedMap<Integer, Long> left = new TreeMap<>(rings.get(ring));
    following.forEach((token, count) -> left.merge(token, -count, Long::sum));
    others.set(ring, left);
    return new BlockCounts(others, ring == ownRing ? -1 : ownRing);
  }
}
