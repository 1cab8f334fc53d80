/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.similarity;

/**
 * Computes every similarity: brute force, tile by tile. A panel of prompts stays in the cache while
 * all windows of the batch pass by.
 */
final class TileJoin implements PairJoin {
  private final TileKernel kernel;
  private final PromptVectors prompts;
  private final PairCheck check;
  private final SettledPairs settled;
  private final float[] similarities;
  private final int[] rowsAbove;

  TileJoin(TileKernel kernel, PromptVectors prompts, PairCheck check, SettledPairs settled) {
    this.kernel = kernel;
    this.prompts = prompts;
    this.check = check;
    this.settled = settled;
    this.similarities = new float[TileKernel.WINDOWS * kernel.promptsPerPanel()];
    this.rowsAbove = new int[kernel.promptsPerPanel()];
  }

  @Override
  public void join(WindowBatch windows) {
    int dimension = prompts.dimension();
    int width = kernel.promptsPerPanel();
    float[] panels = prompts.panels(kernel);
    float[] packed = windows.pack();
    long before = settled.byFloat + settled.byDouble;
    for (int firstPrompt = 0; firstPrompt < prompts.count(); firstPrompt += width) {
      for (int firstWindow = 0; firstWindow < windows.size(); firstWindow += TileKernel.WINDOWS) {
        kernel.multiply(
            packed,
            firstWindow * dimension,
            panels,
            firstPrompt * dimension,
            dimension,
            similarities);
        if (kernel.above(similarities, check.surelyBelow(), rowsAbove) != 0) {
          decide(windows, firstWindow, firstPrompt);
        }
      }
    }

    // The others were below the threshold by their float similarity.
    long decided = settled.byFloat + settled.byDouble - before;
    settled.byFloat += (long) windows.size() * prompts.count() - decided;
  }

  private void decide(WindowBatch windows, int firstWindow, int firstPrompt) {
    int width = kernel.promptsPerPanel();
    int columns = Math.min(width, prompts.count() - firstPrompt);
    int present = present(windows, firstWindow);
    for (int column = 0; column < columns; column++) {
      for (int rows = rowsAbove[column] & present; rows != 0; rows &= rows - 1) {
        int row = Integer.numberOfTrailingZeros(rows);
        check.decide(
            windows, firstWindow + row, firstPrompt + column, similarities[row * width + column]);
      }
    }
  }

  /** Bits of the tile's rows that are windows: the batch's last tile may be filled up. */
  static int present(WindowBatch windows, int firstWindow) {
    int rows = Math.min(TileKernel.WINDOWS, windows.size() - firstWindow);
    return (1 << rows) - 1;
  }
}
