/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.similarity;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * The tile in registers: lanes are prompts, each window's component is broadcast to all lanes.
 *
 * <p>A panel is two vectors wide. With 512-bit vectors all eight windows go at once: 16
 * accumulators of the 32 registers. Narrower machines have 16 registers, so two halves of four
 * windows follow each other.
 *
 * <p>Reached only through {@link TileKernels}: loading this class needs the module
 * jdk.incubator.vector. The accumulators are local variables because C2 keeps nothing else in
 * registers; a loop over an array of vectors runs slower than scalar code. For C2's sake, too, a
 * tile is written whether or not it has anything above the threshold, and tested in a method of its
 * own: a branch on the accumulators makes the loop before it slower.
 */
final class SimdTileKernel implements TileKernel {
  private static final VectorSpecies<Float> LANES = FloatVector.SPECIES_PREFERRED;
  private static final int VECTOR = LANES.length();
  private static final int PROMPTS = 2 * VECTOR;
  private static final boolean ALL_WINDOWS_FIT = LANES.vectorBitSize() >= 512;

  /** Lanes of a vector, for the log. */
  static int lanes() {
    return VECTOR;
  }

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
    if (ALL_WINDOWS_FIT) {
      eightWindows(windows, windowsOffset, prompts, promptsOffset, dimension, similarities);
    } else {
      fourWindows(windows, windowsOffset, prompts, promptsOffset, dimension, similarities, 0);
      fourWindows(windows, windowsOffset, prompts, promptsOffset, dimension, similarities, 4);
    }

    return anyAbove(similarities, threshold);
  }

  private static boolean anyAbove(float[] similarities, float threshold) {
    FloatVector highest = FloatVector.fromArray(LANES, similarities, 0);
    for (int i = VECTOR; i < WINDOWS * PROMPTS; i += VECTOR) {
      highest = highest.max(FloatVector.fromArray(LANES, similarities, i));
    }

    return highest.compare(VectorOperators.GT, threshold).anyTrue();
  }

  private static void eightWindows(
      float[] windows,
      int windowsOffset,
      float[] prompts,
      int promptsOffset,
      int dimension,
      float[] similarities) {
    FloatVector a0 = FloatVector.zero(LANES);
    FloatVector b0 = a0;
    FloatVector a1 = a0;
    FloatVector b1 = a0;
    FloatVector a2 = a0;
    FloatVector b2 = a0;
    FloatVector a3 = a0;
    FloatVector b3 = a0;
    FloatVector a4 = a0;
    FloatVector b4 = a0;
    FloatVector a5 = a0;
    FloatVector b5 = a0;
    FloatVector a6 = a0;
    FloatVector b6 = a0;
    FloatVector a7 = a0;
    FloatVector b7 = a0;
    int w = windowsOffset;
    int p = promptsOffset;
    for (int k = 0; k < dimension; k++) {
      FloatVector a = FloatVector.fromArray(LANES, prompts, p);
      FloatVector b = FloatVector.fromArray(LANES, prompts, p + VECTOR);
      FloatVector w0 = FloatVector.broadcast(LANES, windows[w]);
      a0 = w0.fma(a, a0);
      b0 = w0.fma(b, b0);
      FloatVector w1 = FloatVector.broadcast(LANES, windows[w + 1]);
      a1 = w1.fma(a, a1);
      b1 = w1.fma(b, b1);
      FloatVector w2 = FloatVector.broadcast(LANES, windows[w + 2]);
      a2 = w2.fma(a, a2);
      b2 = w2.fma(b, b2);
      FloatVector w3 = FloatVector.broadcast(LANES, windows[w + 3]);
      a3 = w3.fma(a, a3);
      b3 = w3.fma(b, b3);
      FloatVector w4 = FloatVector.broadcast(LANES, windows[w + 4]);
      a4 = w4.fma(a, a4);
      b4 = w4.fma(b, b4);
      FloatVector w5 = FloatVector.broadcast(LANES, windows[w + 5]);
      a5 = w5.fma(a, a5);
      b5 = w5.fma(b, b5);
      FloatVector w6 = FloatVector.broadcast(LANES, windows[w + 6]);
      a6 = w6.fma(a, a6);
      b6 = w6.fma(b, b6);
      FloatVector w7 = FloatVector.broadcast(LANES, windows[w + 7]);
      a7 = w7.fma(a, a7);
      b7 = w7.fma(b, b7);
      w += WINDOWS;
      p += PROMPTS;
    }

    a0.intoArray(similarities, 0);
    b0.intoArray(similarities, VECTOR);
    a1.intoArray(similarities, PROMPTS);
    b1.intoArray(similarities, PROMPTS + VECTOR);
    a2.intoArray(similarities, 2 * PROMPTS);
    b2.intoArray(similarities, 2 * PROMPTS + VECTOR);
    a3.intoArray(similarities, 3 * PROMPTS);
    b3.intoArray(similarities, 3 * PROMPTS + VECTOR);
    a4.intoArray(similarities, 4 * PROMPTS);
    b4.intoArray(similarities, 4 * PROMPTS + VECTOR);
    a5.intoArray(similarities, 5 * PROMPTS);
    b5.intoArray(similarities, 5 * PROMPTS + VECTOR);
    a6.intoArray(similarities, 6 * PROMPTS);
    b6.intoArray(similarities, 6 * PROMPTS + VECTOR);
    a7.intoArray(similarities, 7 * PROMPTS);
    b7.intoArray(similarities, 7 * PROMPTS + VECTOR);
  }

  private static void fourWindows(
      float[] windows,
      int windowsOffset,
      float[] prompts,
      int promptsOffset,
      int dimension,
      float[] similarities,
      int firstRow) {
    FloatVector a0 = FloatVector.zero(LANES);
    FloatVector b0 = a0;
    FloatVector a1 = a0;
    FloatVector b1 = a0;
    FloatVector a2 = a0;
    FloatVector b2 = a0;
    FloatVector a3 = a0;
    FloatVector b3 = a0;
    int w = windowsOffset + firstRow;
    int p = promptsOffset;
    for (int k = 0; k < dimension; k++) {
      FloatVector a = FloatVector.fromArray(LANES, prompts, p);
      FloatVector b = FloatVector.fromArray(LANES, prompts, p + VECTOR);
      FloatVector w0 = FloatVector.broadcast(LANES, windows[w]);
      a0 = w0.fma(a, a0);
      b0 = w0.fma(b, b0);
      FloatVector w1 = FloatVector.broadcast(LANES, windows[w + 1]);
      a1 = w1.fma(a, a1);
      b1 = w1.fma(b, b1);
      FloatVector w2 = FloatVector.broadcast(LANES, windows[w + 2]);
      a2 = w2.fma(a, a2);
      b2 = w2.fma(b, b2);
      FloatVector w3 = FloatVector.broadcast(LANES, windows[w + 3]);
      a3 = w3.fma(a, a3);
      b3 = w3.fma(b, b3);
      w += WINDOWS;
      p += PROMPTS;
    }

    int row = firstRow * PROMPTS;
    a0.intoArray(similarities, row);
    b0.intoArray(similarities, row + VECTOR);
    a1.intoArray(similarities, row + PROMPTS);
    b1.intoArray(similarities, row + PROMPTS + VECTOR);
    a2.intoArray(similarities, row + 2 * PROMPTS);
    b2.intoArray(similarities, row + 2 * PROMPTS + VECTOR);
    a3.intoArray(similarities, row + 3 * PROMPTS);
    b3.intoArray(similarities, row + 3 * PROMPTS + VECTOR);
  }
}
