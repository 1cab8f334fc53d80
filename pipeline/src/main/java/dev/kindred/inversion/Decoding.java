/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.inversion;

import java.util.Locale;

/** How a vector is read as a token: by the greatest score. */
public enum Decoding {
  /** x W+, as the studies read it. A token's own vector need not win. */
  PINV,
  /** -|x - w|: every token's own vector wins, but for tokens with the same. */
  NEAREST,
  /** cos(x, w). */
  COSINE,
  /** The same once each vector has lost its own mean, which norms of layers do not see. */
  CENTRED_COSINE;

  /** The name: {@code centred-cosine}. */
  public String text() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
