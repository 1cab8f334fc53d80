/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.similarity;

import dev.kindred.kernel.TileKernel;
import dev.kindred.math.Cosine;

/**
 * Prefixes of vectors: their components along {@link PrincipalAxes}, and last the length of what
 * lies outside.
 *
 * <p>The dot product of two prefixes is then an upper bound of the vectors' similarity, and what
 * remains after taking twice the product of the last components away is a lower bound, both up to
 * {@link #boundError}.
 *
 * <p>Letters in shapes: A = axes, D = {@code d_model}.
 */
final class Projection {
  private final TileKernel kernel;
  private final PrincipalAxes axes;
  private final float[] axisPanels; // as a kernel's panels of prompts
  private final float[] products;

  Projection(TileKernel kernel, PrincipalAxes axes) {
    this.kernel = kernel;
    this.axes = axes;
    int width = kernel.promptsPerPanel();
    this.axisPanels = new float[UnitVectors.groups(axes.count(), width) * width * axes.dimension()];
    UnitVectors.interleave(
        axes.rows(), 0, axes.count(), axes.dimension(), axes.dimension(), width, axisPanels);
    this.products = new float[TileKernel.WINDOWS * width];
  }

  /** Floats in a prefix. */
  int length() {
    return axes.count() + 1;
  }

  /**
   * Projects unit vectors.
   *
   * @param units in groups of TileKernel.WINDOWS, as {@link UnitVectors#pack} makes them
   * @param prefixes receives count rows of {@link #length()} floats
   */
  void project(float[] units, int count, float[] prefixes) {
    int width = kernel.promptsPerPanel();
    for (int first = 0; first < count; first += TileKernel.WINDOWS) {
      for (int axis = 0; axis < axes.count(); axis += width) {
        kernel.multiply(
            units,
            first * axes.dimension(),
            axisPanels,
            axis * axes.dimension(),
            axes.dimension(),
            products);
        int rows = Math.min(TileKernel.WINDOWS, count - first);
        int columns = Math.min(width, axes.count() - axis);
        for (int row = 0; row < rows; row++) {
          System.arraycopy(
              products, row * width, prefixes, (first + row) * length() + axis, columns);
        }
      }
    }

    for (int row = 0; row < count; row++) {
      prefixes[(row + 1) * length() - 1] = outside(prefixes, row, axes.count());
    }
  }

  /**
   * Shorter prefixes from longer ones.
   *
   * @param few axes of the shorter ones
   * @param shorter receives count rows of few + 1 floats
   */
  void shorten(float[] prefixes, int count, int few, float[] shorter) {
    for (int row = 0; row < count; row++) {
      System.arraycopy(prefixes, row * length(), shorter, row * (few + 1), few);
      shorter[row * (few + 1) + few] = outside(prefixes, row, few);
    }
  }

  /** At least the length of a unit vector outside the first few axes. */
  private float outside(float[] prefixes, int row, int few) {
    double inside = 0;
    for (int k = row * length(); k < row * length() + few; k++) {
      inside += (double) prefixes[k] * prefixes[k];
    }

    double surelyInside = Math.max(0, Math.sqrt(inside) - axes.projectionError());
    return Math.nextUp((float) Math.sqrt(Math.max(0, 1 - surelyInside * surelyInside)));
  }

  /**
   * How far a bound from prefixes of so many axes can be off: both projections' errors e give 2e +
   * 3e^2 (projections are at most 1 + e long), and the float arithmetic of the bound the rest.
   */
  double boundError(int few) {
    double error = axes.projectionError();
    return 2 * error + 3 * error * error + 1.1 * (few + 12) * Cosine.FLOAT_ROUNDING;
  }
}
