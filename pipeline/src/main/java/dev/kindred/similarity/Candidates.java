/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.similarity;

import dev.kindred.kernel.TileKernel;
import java.util.Arrays;

/**
 * Pairs of one panel's prompts and a batch's windows that a tile left open, gathered prompt by
 * prompt: settled in that order, a prompt's evidence is fetched into the cache once a batch.
 */
final class Candidates {
  /** Tiles that are multiplied before any is looked at: their products stay in cache. */
  private static final int TILES = 16;

  /** Open pairs of a tile from which on the whole tile is cheaper than one by one. */
  private static final int MANY = 24;

  /** A pair's similarity, as exact as the kernel's. */
  interface Similarity {
    double of(int window, int column);
  }

  private final TileKernel kernel;
  private final int width;
  private final float[] products;
  private final int[] rowsAbove;
  private final int[] manyOpen = new int[WindowBatch.CAPACITY / TileKernel.WINDOWS];
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
      multiply(packed, first, some, panels, firstPrompt, length);
      for (int tile = 0; tile < some; tile++) {
        int offset = tile * TileKernel.WINDOWS * width;
        if (kernel.above(products, offset, threshold, rowsAbove) != 0) {
          add((first + tile) * TileKernel.WINDOWS, size, offset);
        }
      }
    }
  }

  /** Products of tiles that follow each other with a panel. */
  private void multiply(
      float[] packed, int firstTile, int tiles, float[] panels, int firstPrompt, int length) {
    kernel.multiplyAll(
        packed,
        firstTile * TileKernel.WINDOWS * length,
        tiles,
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
  }

  private void add(int firstWindow, int size, int offset) {
    int present = present(firstWindow, size);
    for (int column = 0; column < width; column++) {
      for (int above = rowsAbove[column] & present; above != 0; above &= above - 1) {
        int row = Integer.numberOfTrailingZeros(above);
        add(column, firstWindow + row, products[offset + row * width + column]);
      }
    }
  }

  /** Bits of a tile's windows; the last tile may be filled up with zeros. */
  private static int present(int firstWindow, int size) {
    return (1 << Math.min(TileKernel.WINDOWS, size - firstWindow)) - 1;
  }

  private void add(int column, int window, float value) {
    int place = column * WindowBatch.CAPACITY + sizes[column]++;
    windows[place] = window;
    values[place] = value;
  }

  /**
   * Gathers the same pairs, computing only what upper bounds leave open: whole tiles where they
   * leave many pairs of a tile, else single pairs.
   *
   * @param bounds windows in groups of TileKernel.WINDOWS; their products with prompts are bounds
   * @param boundPanels prompts in panels
   * @param boundLength components of these
   * @param boundThreshold pairs with a bound up to this are not gathered
   * @param columns prompts in the panel, which may be filled up
   * @return how many pairs the bounds left open
   */
  long gatherOpen(
      float[] bounds,
      float[] boundPanels,
      int boundLength,
      float boundThreshold,
      float[] packed,
      int size,
      float[] panels,
      int firstPrompt,
      int columns,
      int length,
      float threshold,
      Similarity similarity) {
    Arrays.fill(sizes, 0);
    long open = 0;
    int many = 0;
    int tiles = UnitVectors.groups(size, TileKernel.WINDOWS);
    for (int first = 0; first < tiles; first += TILES) {
      int some = Math.min(TILES, tiles - first);
      multiply(bounds, first, some, boundPanels, firstPrompt, boundLength);
      for (int tile = 0; tile < some; tile++) {
        int offset = tile * TileKernel.WINDOWS * width;
        if (kernel.above(products, offset, boundThreshold, rowsAbove) != 0) {
          int window = (first + tile) * TileKernel.WINDOWS;
          int left = countAbove(present(window, size), columns);
          open += left;
          if (left >= MANY) {
            manyOpen[many++] = window;
          } else {
            addSingly(window, present(window, size), columns, threshold, similarity);
          }
        }
      }
    }

    for (int first = 0; first < many; first += TILES) {
      int some = Math.min(TILES, many - first);
      multiplyTiles(packed, first, some, panels, firstPrompt * length, length);
      for (int tile = 0; tile < some; tile++) {
        int offset = tile * TileKernel.WINDOWS * width;
        if (kernel.above(products, offset, threshold, rowsAbove) != 0) {
          add(manyOpen[first + tile], size, offset);
        }
      }
    }

    return open;
  }

  private int countAbove(int present, int columns) {
    int count = 0;
    for (int column = 0; column < columns; column++) {
      count += Integer.bitCount(rowsAbove[column] & present);
    }

    return count;
  }

  private void addSingly(
      int firstWindow, int present, int columns, float threshold, Similarity similarity) {
    for (int column = 0; column < columns; column++) {
      for (int above = rowsAbove[column] & present; above != 0; above &= above - 1) {
        int window = firstWindow + Integer.numberOfTrailingZeros(above);
        float value = (float) similarity.of(window, column);
        if (value > threshold) {
          add(column, window, value);
        }
      }
    }
  }

  /** Products of some tiles in manyOpen, part by part as TileKernel.multiplyAll. */
  private void multiplyTiles(
      float[] packed, int first, int some, float[] panels, int panel, int length) {
    for (int from = 0; from < length; from += TileKernel.PART) {
      int part = Math.min(TileKernel.PART, length - from);
      for (int tile = 0; tile < some; tile++) {
        int out = tile * TileKernel.WINDOWS * width;
        kernel.multiply(
            packed,
            manyOpen[first + tile] * length + from * TileKernel.WINDOWS,
            panels,
            panel + from * width,
            part,
            from == 0 ? TileKernel.ZEROS : products,
            from == 0 ? 0 : out,
            from == 0 ? 0 : width,
            products,
            out,
            width);
      }
    }
  }

  /** Pairs gathered for one prompt of the panel. */
  int size(int column) {
    return sizes[column];
  }

  /** A pair's window in the batch. */
  int window(int column, int i) {
    return windows[column * WindowBatch.CAPACITY + i];
  }

  /** A pair's product. */
  float value(int column, int i) {
    return values[column * WindowBatch.CAPACITY + i];
  }
}
