/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.similarity;

/**
 * Joins batches of windows with all prompts, tile by tile.
 *
 * <p>A panel of prompts stays in the first-level cache while all windows of the batch pass by. The
 * kernel's float similarities decide everything that is clear of the threshold by more than their
 * error; the few pairs in between are decided by {@link Cosine}.
 */
final class TileJoin {
  private final TileKernel kernel;
  private final PromptVectors prompts;
  private final EvidenceTable evidence;
  private final double threshold;
  private final double error;
  private final float surelyBelow;
  private final float[] similarities;

  /**
   * @param threshold pairs strictly above it are evidence
   */
  TileJoin(TileKernel kernel, PromptVectors prompts, EvidenceTable evidence, double threshold) {
    this.kernel = kernel;
    this.prompts = prompts;
    this.evidence = evidence;
    this.threshold = threshold;
    this.error = Cosine.kernelError(prompts.dimension());
    this.surelyBelow = Math.nextDown((float) (threshold - error));
    this.similarities = new float[TileKernel.WINDOWS * kernel.promptsPerPanel()];
  }

  /** Adds all pairs of the batch above the threshold to the evidence. */
  void join(WindowBatch windows) {
    int dimension = prompts.dimension();
    int width = kernel.promptsPerPanel();
    float[] panels = prompts.panels(width);
    float[] packed = windows.pack();
    int tiles = UnitVectors.groups(windows.size(), TileKernel.WINDOWS);
    for (int firstPrompt = 0; firstPrompt < prompts.count(); firstPrompt += width) {
      for (int tile = 0; tile < tiles; tile++) {
        int firstWindow = tile * TileKernel.WINDOWS;
        boolean any =
            kernel.anyAbove(
                packed,
                firstWindow * dimension,
                panels,
                firstPrompt * dimension,
                dimension,
                surelyBelow,
                similarities);
        if (any) {
          addPairs(windows, firstWindow, firstPrompt);
        }
      }
    }
  }

  private void addPairs(WindowBatch windows, int firstWindow, int firstPrompt) {
    int width = kernel.promptsPerPanel();
    int rows = Math.min(TileKernel.WINDOWS, windows.size() - firstWindow);
    int columns = Math.min(width, prompts.count() - firstPrompt);
    for (int row = 0; row < rows; row++) {
      for (int column = 0; column < columns; column++) {
        float similarity = similarities[row * width + column];
        if (similarity > surelyBelow) {
          addPair(windows, firstWindow + row, firstPrompt + column, similarity);
        }
      }
    }
  }

  private void addPair(WindowBatch windows, int window, int prompt, float similarity) {
    boolean above =
        similarity > threshold + error
            || EvidenceTable.similarity(prompts, prompt, windows, window) > threshold;
    if (above) {
      evidence.add(prompt, windows, window, similarity + error);
    }
  }
}
