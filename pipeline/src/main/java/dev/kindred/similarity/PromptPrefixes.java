/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.similarity;

/**
 * Prefixes of all prompts of a slice, as {@link PrefixJoin} wants them.
 *
 * @param shortLength floats in a short prefix
 * @param shortPanels short prefixes in a kernel's panels
 * @param shortOutside last component of each short prefix
 * @param longLength floats in a long prefix
 * @param longRows long prefixes, a prompt a row
 */
record PromptPrefixes(
    int shortLength, float[] shortPanels, float[] shortOutside, int longLength, float[] longRows) {
  private static final int BATCH = 1024;

  static PromptPrefixes of(
      TileKernel kernel, PromptVectors prompts, PrincipalAxes axes, int shortAxes) {
    Projection projection = new Projection(kernel, axes);
    int dimension = prompts.dimension();
    int longLength = projection.length();
    float[] longRows = new float[prompts.count() * longLength];
    float[] units = new float[BATCH * dimension];
    float[] rows = new float[BATCH * longLength];
    for (int first = 0; first < prompts.count(); first += BATCH) {
      PromptVectors batch = prompts.slice(first, Math.min(prompts.count(), first + BATCH));
      UnitVectors.pack(
          batch.vectors(), batch.norms(), batch.count(), dimension, TileKernel.WINDOWS, units);
      projection.project(units, batch.count(), rows);
      System.arraycopy(rows, 0, longRows, first * longLength, batch.count() * longLength);
    }

    int shortLength = shortAxes + 1;
    float[] shortRows = new float[prompts.count() * shortLength];
    projection.shorten(longRows, prompts.count(), shortAxes, shortRows);
    float[] outside = new float[prompts.count()];
    for (int i = 0; i < outside.length; i++) {
      outside[i] = shortRows[i * shortLength + shortAxes];
    }

    int width = kernel.promptsPerPanel();
    float[] panels = new float[UnitVectors.groups(prompts.count(), width) * width * shortLength];
    UnitVectors.interleave(shortRows, 0, prompts.count(), shortLength, shortLength, width, panels);
    return new PromptPrefixes(shortLength, panels, outside, longLength, longRows);
  }
}
