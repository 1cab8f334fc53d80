/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.similarity;

/**
 * Cosine similarities of a tile: {@link #WINDOWS} windows against one panel of prompts.
 *
 * <p>Vectors come packed, unit length, component by component: component k of the tile's windows is
 * at {@code windows[windowsOffset + k * WINDOWS + row]}, that of the panel's prompts at {@code
 * prompts[promptsOffset + k * promptsPerPanel() + column]}.
 *
 * <p>Every similarity is one chain of fused multiply-adds over k in ascending order, whatever the
 * implementation: all give the same bits.
 */
interface TileKernel {

  /** Windows in a tile. */
  int WINDOWS = 8;

  /** Prompts in a panel, the tile's width. */
  int promptsPerPanel();

  /**
   * Whether any similarity of the tile is above the threshold.
   *
   * @param dimension components of a vector
   * @param similarities receives the WINDOWS x promptsPerPanel() similarities, row by row
   */
  boolean anyAbove(
      float[] windows,
      int windowsOffset,
      float[] prompts,
      int promptsOffset,
      int dimension,
      float threshold,
      float[] similarities);
}
