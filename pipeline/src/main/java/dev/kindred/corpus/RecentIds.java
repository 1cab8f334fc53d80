/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.corpus;

import java.util.HashSet;
import java.util.Set;

/** The ids of the last rows that were read, {@value #KEPT} or more: a bound of the memory. */
final class RecentIds {
  private static final int KEPT = 1 << 16;

  private Set<String> earlier = Set.of();
  private Set<String> latest = new HashSet<>();

  /** Adds an id. Returns whether it is none of those that are kept. */
  boolean add(String id) {
    if (latest.size() == KEPT) {
      earlier = latest;
      latest = new HashSet<>();
    }

    return !earlier.contains(id) && latest.add(id);
  }
}
