/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.similarity;

import dev.kindred.math.Cosine;
import java.util.Random;

/**
 * Vectors of which about one pair in {@link #CLUSTERS} is similar: each is one of so many centres,
 * chosen at random, with noise.
 */
final class ClusteredVectors {
  static final int CLUSTERS = 50;

  /** Pairs of one cluster have a cosine similarity of about 0.8, others of about 0. */
  static final float THRESHOLD = 0.5f;

  private static final double NOISE = 0.5;

  private final float[] centres;
  private final int dimension;

  ClusteredVectors(int dimension) {
    this.dimension = dimension;
    this.centres = new float[CLUSTERS * dimension];
    Random random = new Random(1);
    for (int i = 0; i < centres.length; i++) {
      centres[i] = (float) random.nextGaussian();
    }
  }

  /** A matrix of count x dimension. */
  float[] draw(int count, long seed) {
    Random random = new Random(seed);
    float[] vectors = new float[count * dimension];
    for (int row = 0; row < count; row++) {
      int centre = random.nextInt(CLUSTERS) * dimension;
      for (int k = 0; k < dimension; k++) {
        vectors[row * dimension + k] =
            (float) (centres[centre + k] + NOISE * random.nextGaussian());
      }
    }

    return vectors;
  }

  /** The matrix's norms, row by row. */
  double[] norms(float[] vectors) {
    double[] norms = Cosine.norms(vectors, vectors.length / dimension, dimension);

    return norms;
  }

  /** The matrix with rows of unit length, interleaved in groups of so many rows. */
  float[] pack(float[] vectors, int group) {
    int count = vectors.length / dimension;
    float[] packed = new float[UnitVectors.groups(count, group) * group * dimension];
    UnitVectors.pack(vectors, norms(vectors), count, dimension, group, packed);
    return packed;
  }
}
