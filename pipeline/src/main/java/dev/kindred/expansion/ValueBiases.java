/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.expansion;

import java.util.Locale;

/**
 * Where it counts what a head adds whatever it reads: the biases of its values, and what they make
 * of the bias of the norm before them.
 */
public enum ValueBiases {
  /** With the biases of outputs, in order 0: patterns sum to 1, so that it is a constant. */
  FOLDED,
  /** With the heads, from order 1 on: as weights are stored. */
  LITERAL;

  /** The name in tables and options. */
  public String text() {
    return name().toLowerCase(Locale.ROOT);
  }
}
