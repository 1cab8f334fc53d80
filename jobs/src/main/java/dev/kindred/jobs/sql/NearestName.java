/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.sql;

import java.util.Collection;
import java.util.Comparator;
import java.util.Optional;
import org.apache.spark.unsafe.types.UTF8String;

/** Which of some names somebody meant who mistyped one. */
public final class NearestName {
  private NearestName() {}

  /**
   * The name with the fewest insertions, deletions and replacements from a text, of several such
   * the first in the alphabet; empty where they are more than a third of the text and more than 2.
   */
  public static Optional<String> of(String text, Collection<String> names) {
    int most = Math.min(text.length() - 1, Math.max(2, text.length() / 3));
    return names.stream()
        .filter(name -> edits(text, name) <= most)
        .min(
            Comparator.<String>comparingInt(name -> edits(text, name))
                .thenComparing(Comparator.naturalOrder()));
  }

  private static int edits(String a, String b) {
    return UTF8String.fromString(a).levenshteinDistance(UTF8String.fromString(b));
  }
}
