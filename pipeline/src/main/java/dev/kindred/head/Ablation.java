/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.head;

import java.util.Locale;

/** What is put in the place of what a head mixes of values, at all positions. */
public enum Ablation {
  /** Its mean over all positions of all sequences of the stimulus: no token is told any more. */
  MEAN,
  /** Zero, so that its share of the values' biases is missing, too. */
  ZERO,
  /** Zero in the folded model: the values' biases, which it mixes wherever it looks, stay. */
  ZERO_FOLDED;

  /** Returns the name that options and tables have for it. */
  public String text() {
    return name().toLowerCase(Locale.ROOT);
  }
}
