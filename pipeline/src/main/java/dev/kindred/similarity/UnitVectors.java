/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.similarity;

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
   * @return ceil(count / group) groups of dimension x group floats
   */
  static float[] pack(float[] vectors, double[] norms, int count, int dimension, int group) {
    float[] packed = new float[groups(count, group) * group * dimension];
    pack(vectors, norms, count, dimension, group, packed);
    return packed;
  }

  /** The same into an array that is large enough. */
  static void pack(
      float[] vectors, double[] norms, int count, int dimension, int group, float[] packed) {
    int groups = groups(count, group);
    for (int g = 0; g < groups; g++) {
      int start = g * group * dimension;
      for (int member = 0; member < group; member++) {
        int vector = g * group + member;
        boolean present = vector < count && norms[vector] > 0;
        double scale = present ? 1 / norms[vector] : 0;
        for (int k = 0; k < dimension; k++) {
          packed[start + k * group + member] =
              present ? (float) (vectors[vector * dimension + k] * scale) : 0;
        }
      }
    }
  }

  /** Groups that hold so many vectors. */
  static int groups(int count, int group) {
    return (count + group - 1) / group;
  }
}
