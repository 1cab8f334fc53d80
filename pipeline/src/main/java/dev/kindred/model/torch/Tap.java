/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model.torch;

import ai.djl.ndarray.NDArray;
import dev.kindred.model.Changes;
import dev.kindred.model.HookPoint;

/**
 * Sees what is at the hook points of a block, or of what is around the blocks, and may change it.
 */
interface Tap {
  /** Sees nothing. */
  Tap NONE = (point, x) -> x;

  /**
   * Called once a point.
   *
   * @param x in the shape that {@link HookPoint} says
   * @return what the pass goes on with; {@code x} itself if nothing is changed
   */
  NDArray at(HookPoint point, NDArray x);

  /**
   * Whether a place is looked at for which something must be computed, or left alone, that nobody
   * needs otherwise.
   */
  default boolean wants(HookPoint point) {
    return false;
  }

  default boolean leavesOut(Changes.Part part) {
    return false;
  }

  /** Which positions see which, T x T; null for the mixer's own. */
  default boolean[][] mask() {
    return null;
  }
}
