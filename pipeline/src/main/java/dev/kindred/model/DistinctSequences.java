/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Token sequences in any order, with repetitions, as a prefix tree of the distinct ones.
 *
 * @param tree of the distinct sequences
 * @param leaves for each sequence its leaf, as a number from 0
 */
public record DistinctSequences(PrefixTree tree, int[] leaves) {

  /** The sequences' tree; see {@link PrefixTree#of} for what they must be. */
  public static DistinctSequences of(int[][] sequences) {
    Integer[] order = new Integer[sequences.length];
    Arrays.setAll(order, i -> i);
    Arrays.sort(order, (a, b) -> Arrays.compare(sequences[a], sequences[b]));
    List<int[]> distinct = new ArrayList<>();
    int[] leaves = new int[sequences.length];
    for (int i : order) {
      if (distinct.isEmpty() || !Arrays.equals(distinct.get(distinct.size() - 1), sequences[i])) {
        distinct.add(sequences[i]);
      }

      leaves[i] = distinct.size() - 1;
    }

    return new DistinctSequences(PrefixTree.of(distinct.toArray(int[][]::new)), leaves);
  }

  /**
   * The leaves' rows for each sequence.
   *
   * @param rows a row of {@code length} floats a leaf
   * @return a row a sequence
   */
  public float[] ofSequences(float[] rows, int length) {
    float[] all = new float[leaves.length * length];
    for (int i = 0; i < leaves.length; i++) {
      System.arraycopy(rows, leaves[i] * length, all, i * length, length);
    }

    return all;
  }
}
