/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.similarity;

import dev.kindred.kernel.TileKernels;
import java.io.Serializable;

/**
 * How to join a block.
 *
 * @param bins similarities above their floor are found; next tokens are counted by bin
 * @param keep the most similar windows to keep for a prompt; {@link Integer#MAX_VALUE} for all
 * @param vocabularySize {@code d_vocab}
 * @param kernel which implementation
 * @param prefixAxes axes of the prefix, 0 for brute force, {@link #AUTO_AXES} for a plan from a
 *     sample
 */
public record JoinSettings(
    SimilarityBins bins, int keep, int vocabularySize, TileKernels.Choice kernel, int prefixAxes)
    implements Serializable {
  /** Number of axes that lets the planner choose it. */
  public static final int AUTO_AXES = -1;

  /** The longest prefix. */
  public static final int MAX_AXES = 64;
}
