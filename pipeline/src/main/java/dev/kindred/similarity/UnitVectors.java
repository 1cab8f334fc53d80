/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.similarity;

import dev.kindred.kernel.TileKernel;

/** Packing vectors for {@link TileKernel}. */
final class UnitVectors {
  private UnitVectors() {}

  /**
   * Scales vectors to unit length and interleaves groups of them component by component. The last
   * group is filled up with zeros, and vectors of zeros stay so.
   *
   * @param vectors count x dimension
   * @param norms their norms
   * @param group vectors in a group
   * @param packed receives ceil(count / group) groups of dimension x group floats
   */
  static void pack(
      float[] vectors, double[] norms, int count, int dimension, int group, float[] packed) {
    for (int g = 0; g < groups(count, group); g++) {
      for (int member = 0; member < group; member++) {
        int vector = g * group + member;
        boolean present = vector < count && norms[vector] > 0;
        double scale = present ? 1 / norms[vector] : 0;
        int start = g * group * dimension + member;
        for (int k = 0; k < dimension; k++) {
          packed[start + k * group] =
              present ? (float) (vectors[vector * dimension + k] * scale) : 0;
        }
      }
    }
  }

  /**
   * Interleaves the first components of rows in the same way, without scaling.
   *
   * @param rows count rows of {@code stride} floats
   * @param packed receives ceil(count / group) groups of components x group floats
   */
  static void interleave(
      float[] rows, int first, int count, int stride, int components, int group, float[] packed) {
    for (int g = 0; g < groups(count, group); g++) {
      for (int member = 0; member < group; member++) {
        int row = g * group + member;
        int start = g * group * components + member;
        for (int k = 0; k < components; k++) {
          packed[start + k * group] = row < count ? rows[(first + row) * stride + k] : 0;
        }
      }
    }
  }

  /** Groups that hold so many vectors. */
  static int groups(int count, int group) {
    return (count + group - 1) / group;
  }
}
