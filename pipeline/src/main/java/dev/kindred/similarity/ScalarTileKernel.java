/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.similarity;

/** The plain version: the oracle of {@link SimdTileKernel}, and the fallback without SIMD. */
final class ScalarTileKernel implements TileKernel {
  private static final int PROMPTS = 32;

  @Override
  public int promptsPerPanel() {
    return PROMPTS;
  }

  @Override
  public boolean anyAbove(
      float[] windows,
      int windowsOffset,
      float[] prompts,
      int promptsOffset,
      int dimension,
      float threshold,
      float[] similarities) {
    float[] tile = new float[WINDOWS * PROMPTS];
    for (int k = 0; k < dimension; k++) {
      for (int row = 0; row < WINDOWS; row++) {
        float window = windows[windowsOffset + k * WINDOWS + row];
        for (int column = 0; column < PROMPTS; column++) {
          int cell = row * PROMPTS + column;
          tile[cell] = Math.fma(window, prompts[promptsOffset + k * PROMPTS + column], tile[cell]);
        }
      }
    }

    boolean above = false;
    for (float similarity : tile) {
      above |= similarity > threshold;
    }

    if (above) {
      System.arraycopy(tile, 0, similarities, 0, tile.length);
    }

    return above;
  }
}
