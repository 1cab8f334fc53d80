/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.report;

import java.util.LinkedHashSet;
import java.util.Set;

/**
 * An order of places 0 .. size - 1 of which every beginning can be taken for the whole: first the
 * extremes, then places spread ever more densely (the binary van der Corput sequence).
 */
final class EvenOrder {
  private EvenOrder() {}

  /**
   * Returns the places 0 .. size - 1 in the order that this class describes.
   *
   * @param extremes places from either end that come first
   */
  static int[] of(int size, int extremes) {
    Set<Integer> order = new LinkedHashSet<>();
    for (int i = 0; i < Math.min(extremes, size); i++) {
      order.add(i);
      order.add(size - 1 - i);
    }

    int bits = 32 - Integer.numberOfLeadingZeros(Math.max(1, size - 1));
    for (int i = 0; i < 1 << bits; i++) {
      int place = Integer.reverse(i) >>> 32 - bits;
      if (place < size) {
        order.add(place);
      }
    }

    return order.stream().mapToInt(Integer::intValue).toArray();
  }
}
