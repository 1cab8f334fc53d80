/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.similarity;

import java.util.Arrays;

/**
 * Pairs of one panel's prompts and a batch's windows that a tile left open, gathered prompt by
 * prompt: settled in that order, a prompt's evidence is fetched into the cache once a batch.
 */
final class Candidates {
  /** Tiles that are multiplied before any is looked at: their products stay in cache. */
  private static final int TILES = 16;

  private final TileKernel kernel;
  private final int width;
  private final float[] products;
  private final int[] rowsAbove;
  private final int[] sizes;
  private final int[] windows; // width x WindowBatch.CAPACITY
  private final float[] values; // width x WindowBatch.CAPACITY

  Candidates(TileKernel kernel) {
    this.kernel = kernel;
    this.width = kernel.promptsPerPanel();
    this.products = new float[TILES * TileKernel.WINDOWS * width];
    this.rowsAbove = new int[width];
    this.sizes = new int[width];
    this.windows = new int[width * WindowBatch.CAPACITY];
    this.values = new float[width * WindowBatch.CAPACITY];
  }

  /**
   * Multiplies all windows of a batch with a panel and gathers the pairs above the threshold.
   *
   * @param packed windows in groups of TileKernel.WINDOWS
   * @param size windows in the batch
   * @param panels prompts in panels
   * @param firstPrompt the panel's first prompt
   * @param length components of a vector
   */
  void gather(
      float[] packed, int size, float[] panels, int firstPrompt, int length, float threshold) {
    Arrays.fill(sizes, 0);
    int tiles = UnitVectors.groups(size, TileKernel.WINDOWS);
    for (int first = 0; first < tiles; first += TILES) {
      int some = Math.min(TILES, tiles - first);
      kernel.multiplyAll(
          packed,
          first * TileKernel.WINDOWS * length,
          some,
          panels,
          firstPrompt * length,
          length,
          TileKernel.ZEROS,
          0,
          0,
          products,
          products,
          0,
          width);
      for (int tile = 0; tile < some; tile++) {
        int offset = tile * TileKernel.WINDOWS * width;
        if (kernel.above(products, offset, threshold, rowsAbove) != 0) {
          int window = (first + tile) * TileKernel.WINDOWS;
          add(window, Math.min(TileKernel.WINDOWS, size - window), offset);
        }
      }
    }
  }

  private void add(int firstWindow, int rows, int offset) {
    int present = (1 << rows) - 1; // the last tile may be filled up with zeros
    for (int column = 0; column < width; column++) {
      for (int above = rowsAbove[column] & present; above != 0; above &= above - 1) {
        int row = Integer.numberOfTrailingZeros(above);
        int place = column * WindowBatch.CAPACITY + sizes[column]++;
        windows[place] = firstWindow + row;
        values[place] = products[offset + row * width + column];
      }
    }
  }

  /** Pairs gathered for one prompt of the panel. */
  int size(int column) {
    return sizes[column];
  }

  /** A pair's window in the batch, in ascending order. */
  int window(int column, int i) {
    return windows[column * WindowBatch.CAPACITY + i];
  }

  /** A pair's product. */
  float value(int column, int i) {
    return values[column * WindowBatch.CAPACITY + i];
  }
}
