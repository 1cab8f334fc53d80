/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.similarity;

import java.util.Arrays;

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
    Arrays.fill(similarities, 0);
    for (int k = 0; k < dimension; k++) {
      for (int row = 0; row < WINDOWS; row++) {
        float window = windows[windowsOffset + k * WINDOWS + row];
        for (int column = 0; column < PROMPTS; column++) {
          float prompt = prompts[promptsOffset + k * PROMPTS + column];
          int cell = row * PROMPTS + column;
          similarities[cell] = Math.fma(window, prompt, similarities[cell]);
        }
      }
    }

    boolean above = false;
    for (float similarity : similarities) {
      above |= similarity > threshold;
    }

    return above;
  }
}
