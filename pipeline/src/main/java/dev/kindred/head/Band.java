/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.head;

import java.util.List;

/**
 * Distances from a query back to a key, in positions.
 *
 * @param nearest the least
 * @param farthest the greatest; {@link Integer#MAX_VALUE} for no end
 */
record Band(int nearest, int farthest) {
  static final List<Band> ALL =
      List.of(
          new Band(0, 0),
          new Band(1, 1),
          new Band(2, 4),
          new Band(5, 9),
          new Band(10, 19),
          new Band(20, 49),
          new Band(50, 99),
          new Band(100, Integer.MAX_VALUE));

  /** Returns the number of the band that a distance is in. */
  static int of(int distance) {
    int band = 0;
    while (ALL.get(band).farthest < distance) {
      band++;
    }

    return band;
  }
}
