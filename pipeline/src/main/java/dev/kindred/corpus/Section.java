/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.corpus;

import java.io.Serializable;
import java.util.Comparator;

/**
 * A stretch of the corpus that one task reads from start to end. Sections in their natural order
 * make up the whole token stream.
 *
 * @param path the file in which it begins
 * @param start its first byte in that file
 */
record Section(String path, long start) implements Comparable<Section>, Serializable {
  private static final Comparator<Section> ORDER =
      Comparator.comparing(Section::path).thenComparingLong(Section::start);

  @Override
  public int compareTo(Section other) {
    return ORDER.compare(this, other);
  }
}
