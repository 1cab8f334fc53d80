/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.math;

import java.util.Locale;

/** The tokens with the largest values of a distribution. */
public final class TopTokens {
  private TopTokens() {}

  /**
   * Finds the largest values: descending, equal ones by ascending token id.
   *
   * @param tokens token ids, each at most once, in any order
   * @param values one a token, no NaN
   * @param k how many, at least 1; fewer are found where there are fewer tokens
   * @return places in both arrays
   */
  public static int[] places(int[] tokens, double[] values, int k) {
    if (k < 1) {
      throw new IllegalArgumentException(
          String.format(Locale.ROOT, "Invalid k: %d (must be positive)", k));
    }

    int[] heap = new int[Math.min(k, tokens.length)]; // its first place is the last of the best
    int size = 0;
    for (int place = 0; place < tokens.length; place++) {
      if (size < heap.length) {
        heap[size] = place;
        size++;
        if (size == heap.length) {
          for (int parent = size / 2 - 1; parent >= 0; parent--) {
            siftDown(heap, parent, size, tokens, values);
          }
        }
      } else if (isBefore(place, heap[0], tokens, values)) {
        heap[0] = place;
        siftDown(heap, 0, size, tokens, values);
      }
    }

    for (int end = size - 1; end > 0; end--) {
      int last = heap[0];
      heap[0] = heap[end];
      heap[end] = last;
      siftDown(heap, 0, end, tokens, values);
    }

    return heap;
  }

  private static void siftDown(int[] heap, int from, int size, int[] tokens, double[] values) {
    int parent = from;
    while (2 * parent + 1 < size) {
      int child = 2 * parent + 1;
      if (child + 1 < size && isBefore(heap[child], heap[child + 1], tokens, values)) {
        child++;
      }

      if (!isBefore(heap[parent], heap[child], tokens, values)) {
        return;
      }

      int moved = heap[parent];
      heap[parent] = heap[child];
      heap[child] = moved;
      parent = child;
    }
  }

  private static boolean isBefore(int place, int other, int[] tokens, double[] values) {
    return values[place] > values[other]
        || values[place] == values[other] && tokens[place] < tokens[other];
  }
}
