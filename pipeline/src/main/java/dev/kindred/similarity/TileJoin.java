/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.similarity;

import dev.kindred.kernel.TileKernel;

/**
 * Computes every similarity: brute force, tile by tile. A panel of prompts stays in the cache while
 * all windows of the batch pass by.
 */
final class TileJoin implements PairJoin {
  private final TileKernel kernel;
  private final PromptVectors prompts;
  private final PairCheck check;
  private final SettledPairs settled;
  private final Candidates candidates;

  TileJoin(TileKernel kernel, PromptVectors prompts, PairCheck check, SettledPairs settled) {
    this.kernel = kernel;
    this.prompts = prompts;
    this.check = check;
    this.settled = settled;
    this.candidates = new Candidates(kernel);
  }

  @Override
  public void join(WindowBatch windows) {
    float[] panels = prompts.panels(kernel);
    float[] packed = windows.pack();
    long before = settled.byFloat + settled.byDouble;
    for (int first = 0; first < prompts.count(); first += kernel.promptsPerPanel()) {
      candidates.gather(
          packed, windows.size(), panels, first, prompts.dimension(), check.surelyBelow());
      int columns = Math.min(kernel.promptsPerPanel(), prompts.count() - first);
      for (int column = 0; column < columns; column++) {
        check.decide(windows, first + column, candidates, column);
      }
    }

    // The others were below the threshold by their float similarity.
    long decided = settled.byFloat + settled.byDouble - before;
    settled.byFloat += (long) windows.size() * prompts.count() - decided;
  }
}
