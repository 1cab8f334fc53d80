/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.similarity;

import dev.kindred.kernel.TileKernel;
import dev.kindred.math.Cosine;
import java.io.Serializable;
import java.util.Arrays;

/**
 * One block's FFN outputs of a slice of the prompts, as broadcast to executors and packed there.
 *
 * <p>Letters in shapes: P = prompts, D = {@code d_model}.
 */
final class PromptVectors implements Serializable {
  private static final long serialVersionUID = 1L;

  /** No window: no window id is negative. */
  static final long NO_WINDOW = -1;

  private static final int BATCH = 1024;

  private final int dimension;
  private final int[] promptIds; // P, ascending
  private final long[] ownWindowIds; // P; NO_WINDOW where the corpus has no such window
  private final float[] vectors; // P x D
  private final double[] norms; // P
  private transient volatile float[] panels;
  private transient volatile PromptPrefixes prefixes;

  /**
   * @param vectors P x D floats
   */
  PromptVectors(int dimension, int[] promptIds, long[] ownWindowIds, float[] vectors) {
    this.dimension = dimension;
    this.promptIds = promptIds;
    this.ownWindowIds = ownWindowIds;
    this.vectors = vectors;
    this.norms = Cosine.norms(vectors, promptIds.length, dimension);
  }

  int count() {
    return promptIds.length;
  }

  int dimension() {
    return dimension;
  }

  int promptId(int index) {
    return promptIds[index];
  }

  long ownWindowId(int index) {
    return ownWindowIds[index];
  }

  float[] vectors() {
    return vectors;
  }

  double[] norms() {
    return norms;
  }

  double norm(int index) {
    return norms[index];
  }

  /** Unit vectors in a kernel's layout, packed once per process. */
  float[] panels(TileKernel kernel) {
    float[] packed = panels;
    if (packed == null) {
      synchronized (this) {
        packed = panels;
        if (packed == null) {
          int width = kernel.promptsPerPanel();
          packed = new float[UnitVectors.groups(count(), width) * width * dimension];
          UnitVectors.pack(vectors, norms, count(), dimension, width, packed);
          panels = packed;
        }
      }
    }

    return packed;
  }

  /** Prefixes along the axes, computed once per process. */
  PromptPrefixes prefixes(TileKernel kernel, PrincipalAxes axes) {
    PromptPrefixes computed = prefixes;
    if (computed == null) {
      synchronized (this) {
        computed = prefixes;
        if (computed == null) {
          computed = prefixesAlong(kernel, axes);
          prefixes = computed;
        }
      }
    }

    return computed;
  }

  private PromptPrefixes prefixesAlong(TileKernel kernel, PrincipalAxes axes) {
    Projection projection = new Projection(kernel, axes);
    int length = projection.length();
    int[] order = WindowOrder.of(project(projection), count(), length);
    PromptVectors sorted = select(order);
    int width = kernel.promptsPerPanel();
    int padded = UnitVectors.groups(count(), width) * width;
    float[] shortPanels = new float[padded * length];
    UnitVectors.interleave(
        sorted.project(projection), 0, sorted.count(), length, length, width, shortPanels);
    return new PromptPrefixes(order, length, shortPanels, sorted.panels(kernel));
  }

  private float[] project(Projection projection) {
    int length = projection.length();
    float[] prefixes = new float[count() * length];
    float[] units = new float[BATCH * dimension];
    float[] rows = new float[BATCH * length];
    for (int first = 0; first < count(); first += BATCH) {
      PromptVectors batch = slice(first, Math.min(count(), first + BATCH));
      UnitVectors.pack(
          batch.vectors(), batch.norms(), batch.count(), dimension, TileKernel.WINDOWS, units);
      projection.project(units, batch.count(), rows);
      System.arraycopy(rows, 0, prefixes, first * length, batch.count() * length);
    }

    return prefixes;
  }

  /** The slice [from, to) of these prompts. */
  PromptVectors slice(int from, int to) {
    return new PromptVectors(
        dimension,
        Arrays.copyOfRange(promptIds, from, to),
        Arrays.copyOfRange(ownWindowIds, from, to),
        Arrays.copyOfRange(vectors, from * dimension, to * dimension));
  }

  /** The prompts of these indices, in their order. */
  PromptVectors select(int[] indices) {
    int[] ids = new int[indices.length];
    long[] own = new long[indices.length];
    float[] rows = new float[indices.length * dimension];
    for (int i = 0; i < indices.length; i++) {
      ids[i] = promptIds[indices[i]];
      own[i] = ownWindowIds[indices[i]];
      System.arraycopy(vectors, indices[i] * dimension, rows, i * dimension, dimension);
    }

    return new PromptVectors(dimension, ids, own, rows);
  }
}
