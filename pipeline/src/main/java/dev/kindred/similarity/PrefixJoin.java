/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.similarity;

import dev.kindred.kernel.TileKernel;

/**
 * Settles most pairs by the bound of a prefix ({@link Projection}), computed densely, tile by tile;
 * the rest by their similarity.
 */
final class PrefixJoin implements PairJoin {
  private final TileKernel kernel;
  private final PromptVectors prompts;
  private final PromptPrefixes promptPrefixes;
  private final PairCheck check;
  private final SettledPairs settled;
  private final Projection projection;
  private final float surelyBelow;
  private final float[] rows; // WindowBatch.CAPACITY prefixes
  private final float[] shortPacked;
  private final Candidates candidates;

  /**
   * @param axes of the prefix
   */
  PrefixJoin(
      TileKernel kernel,
      PromptVectors prompts,
      PrincipalAxes axes,
      PairCheck check,
      SettledPairs settled,
      double threshold) {
    this.kernel = kernel;
    this.prompts = prompts;
    this.promptPrefixes = prompts.prefixes(kernel, axes);
    this.check = check;
    this.settled = settled;
    this.projection = new Projection(kernel, axes);
    this.surelyBelow = Math.nextDown((float) (threshold - projection.boundError(axes.count())));
    this.rows = new float[WindowBatch.CAPACITY * projection.length()];
    this.shortPacked = new float[rows.length];
    this.candidates = new Candidates(kernel);
  }

  @Override
  public void join(WindowBatch windows) {
    int length = projection.length();
    float[] packed = windows.pack();
    projection.project(packed, windows.size(), rows);
    UnitVectors.interleave(
        rows, 0, windows.size(), length, length, TileKernel.WINDOWS, shortPacked);
    long open = 0;
    long decided = settled.byFloat + settled.byDouble;
    for (int first = 0; first < prompts.count(); first += kernel.promptsPerPanel()) {
      int columns = Math.min(kernel.promptsPerPanel(), prompts.count() - first);
      open += gather(windows, packed, first, columns);
      for (int column = 0; column < columns; column++) {
        check.decide(windows, promptPrefixes.order()[first + column], candidates, column);
      }
    }

    // The candidates have been counted; the others that were open are below the threshold.
    settled.byFloat += open - (settled.byFloat + settled.byDouble - decided);
    settled.byPrefix += (long) windows.size() * prompts.count() - open;
  }

  /** Gathers a panel's candidates and returns how many pairs the prefix left open. */
  private long gather(WindowBatch windows, float[] packed, int first, int columns) {
    int[] order = promptPrefixes.order();
    return candidates.gatherOpen(
        shortPacked,
        promptPrefixes.shortPanels(),
        promptPrefixes.shortLength(),
        surelyBelow,
        packed,
        windows.size(),
        promptPrefixes.panels(),
        first,
        columns,
        prompts.dimension(),
        check.surelyBelow(),
        (window, column) -> check.similarity(windows, window, order[first + column]));
  }
}
