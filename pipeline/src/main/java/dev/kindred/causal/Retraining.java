/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.causal;

import java.io.Serializable;
import java.util.BitSet;

/**
 * A training in which some places do not count.
 *
 * @param name under which its predictions are kept
 * @param choice how they were chosen: that of a {@link Choice}, {@code whole} or {@code half}
 * @param occurrences that are taken out for each prompt; 0 for whole texts and halves
 * @param part which group of prompts, or which half; -1 of a whole text
 * @param seed of weights and batches
 * @param leftOut the places
 * @param blanked tokens before each of these places that are replaced by others, and do not count,
 *     either
 */
public record Retraining(
    String name, String choice, int occurrences, int part, long seed, BitSet leftOut, int blanked)
    implements Serializable {
  /** The choice of a training in which all places count. */
  public static final String WHOLE = "whole";

  /** The choice of a training in which half of the text's units count. */
  public static final String HALF = "half";

  /** One in which all places count. */
  public static Retraining whole(long seed) {
    return new Retraining(WHOLE + "-" + seed, WHOLE, 0, -1, seed, new BitSet(), 0);
  }

  /**
   * One without what was chosen for a group of prompts.
   *
   * @param blanked tokens before each place that are replaced; 0 for none
   */
  public static Retraining without(
      Choice choice, int occurrences, int group, long seed, BitSet leftOut, int blanked) {
    return new Retraining(
        String.join(
            "-",
            choice.text().replace(' ', '-'),
            String.valueOf(occurrences),
            String.valueOf(group),
            String.valueOf(seed)),
        choice.text(),
        occurrences,
        group,
        seed,
        leftOut,
        blanked);
  }

  /** One with half of the text's units. */
  public static Retraining half(int half, long seed, BitSet leftOut) {
    return new Retraining(HALF + "-" + half + "-" + seed, HALF, 0, half, seed, leftOut, 0);
  }
}
