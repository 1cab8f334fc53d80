/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.similarity;

import dev.kindred.kernel.TileKernel;

/**
 * All prompts of a slice as {@link PrefixJoin} wants them: in an order in which close ones follow
 * each other, so that the pairs that a prefix leaves open come in few tiles, many in each.
 *
 * @param order the prompts' indices, place by place
 * @param shortLength floats in a prefix
 * @param shortPanels prefixes in a kernel's panels
 * @param panels unit vectors in a kernel's panels
 */
record PromptPrefixes(int[] order, int shortLength, float[] shortPanels, float[] panels) {
  private static final int BATCH = 1024;

  static PromptPrefixes of(TileKernel kernel, PromptVectors prompts, PrincipalAxes axes) {
    Projection projection = new Projection(kernel, axes);
    int length = projection.length();
    int[] order = WindowOrder.of(project(projection, prompts), prompts.count(), length);
    PromptVectors sorted = prompts.select(order);
    int width = kernel.promptsPerPanel();
    int padded = UnitVectors.groups(prompts.count(), width) * width;
    float[] shortPanels = new float[padded * length];
    UnitVectors.interleave(
        project(projection, sorted), 0, sorted.count(), length, length, width, shortPanels);
    return new PromptPrefixes(order, length, shortPanels, sorted.panels(kernel));
  }

  private static float[] project(Projection projection, PromptVectors prompts) {
    int dimension = prompts.dimension();
    int length = projection.length();
    float[] prefixes = new float[prompts.count() * length];
    float[] units = new float[BATCH * dimension];
    float[] rows = new float[BATCH * length];
    for (int first = 0; first < prompts.count(); first += BATCH) {
      PromptVectors batch = prompts.slice(first, Math.min(prompts.count(), first + BATCH));
      UnitVectors.pack(
          batch.vectors(), batch.norms(), batch.count(), dimension, TileKernel.WINDOWS, units);
      projection.project(units, batch.count(), rows);
      System.arraycopy(rows, 0, prefixes, first * length, batch.count() * length);
    }

    return prefixes;
  }
}
