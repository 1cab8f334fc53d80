/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.similarity;

import java.util.Arrays;

/**
 * The most similar windows of one prompt: all, or the best few. Higher similarity comes first, and
 * of equally similar windows the one that occurs first in the corpus, so the outcome does not
 * depend on the order of arrival.
 */
final class MostSimilar {
  /** No limit. */
  static final int ALL = Integer.MAX_VALUE;

  private final int limit;
  private double[] similarities = new double[4];
  private long[] windowIds = new long[4];
  private int size;

  /** Once the limit is reached, a heap with the worst entry at index 0. */
  MostSimilar(int limit) {
    this.limit = limit;
  }

  /** Windows less similar than this cannot enter any more. */
  double least() {
    if (limit == 0) {
      return Double.POSITIVE_INFINITY;
    }

    return size < limit ? Double.NEGATIVE_INFINITY : similarities[0];
  }

  void offer(double similarity, long windowId) {
    if (size < limit) {
      append(similarity, windowId);
      if (size == limit) {
        for (int i = size / 2 - 1; i >= 0; i--) {
          sink(i);
        }
      }
    } else if (limit > 0 && isBetter(similarity, windowId, similarities[0], windowIds[0])) {
      similarities[0] = similarity;
      windowIds[0] = windowId;
      sink(0);
    }
  }

  private void append(double similarity, long windowId) {
    if (size == similarities.length) {
      int grown = Math.min(limit, 2 * size);
      similarities = Arrays.copyOf(similarities, grown);
      windowIds = Arrays.copyOf(windowIds, grown);
    }

    similarities[size] = similarity;
    windowIds[size] = windowId;
    size++;
  }

  private void sink(int from) {
    int parent = from;
    double similarity = similarities[parent];
    long windowId = windowIds[parent];
    while (2 * parent + 1 < size) {
      int child = 2 * parent + 1;
      if (child + 1 < size
          && isBetter(
              similarities[child],
              windowIds[child],
              similarities[child + 1],
              windowIds[child + 1])) {
        child++;
      }

      if (!isBetter(similarity, windowId, similarities[child], windowIds[child])) {
        break;
      }

      similarities[parent] = similarities[child];
      windowIds[parent] = windowIds[child];
      parent = child;
    }

    similarities[parent] = similarity;
    windowIds[parent] = windowId;
  }

  private static boolean isBetter(double similarity, long windowId, double other, long otherId) {
    return similarity > other || (similarity == other && windowId < otherId);
  }

  int size() {
    return size;
  }

  /** The entries, in no particular order. */
  long[] windowIds() {
    return Arrays.copyOf(windowIds, size);
  }

  /** Similarities in the order of {@link #windowIds()}. */
  double[] similarities() {
    return Arrays.copyOf(similarities, size);
  }
}
