/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.head;

import java.util.Locale;

/** What counts as how much of its attention a head gives to a position. Rows add up to 1. */
public enum Weighting {
  /** The pattern itself, A[i, j]. */
  PATTERN,
  /** A[i, j] times the norm of what the head writes for j, of the stored weights. */
  VALUE,
  /** The same of folded weights: without value biases, and centred after layer norms. */
  VALUE_FOLDED,
  /** The pattern without the first position, where attention rests that has nothing to do. */
  WITHOUT_FIRST;

  /** Returns the name that tables have for it. */
  public String text() {
    return name().toLowerCase(Locale.ROOT);
  }
}
