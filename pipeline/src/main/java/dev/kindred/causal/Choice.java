/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.causal;

import java.util.Arrays;
import java.util.Locale;

/** How the occurrences are chosen that are taken out of the training text. */
public enum Choice {
  /** Those that add most to the explained token by the similar strings. */
  EVIDENCE(false),
  /** Those of the explained token after the longest common suffix with the prompt. */
  SUFFIX(false),
  /**
   * Those of the explained token whose residual stream behind the last block has the greatest
   * cosine similarity.
   */
  STREAM(true),
  /** Those whose loss has the gradient that goes most the way of the prompt's. */
  GRADIENT(true),
  /** Occurrences of the explained token, drawn. */
  SAME_TOKEN(false),
  /** Any places, drawn. */
  RANDOM(false);

  private final boolean isByModel;

  Choice(boolean isByModel) {
    this.isByModel = isByModel;
  }

  /** Whether the model is asked at every place of the training text. */
  public boolean isByModel() {
    return isByModel;
  }

  /** Returns its name in tables and on the terminal. */
  public String text() {
    return name().toLowerCase(Locale.ROOT).replace('_', ' ');
  }

  /** Returns the choice that tables name so. */
  public static Choice of(String text) {
    return Arrays.stream(values())
        .filter(choice -> choice.text().equals(text))
        .findFirst()
        .orElseThrow();
  }
}
