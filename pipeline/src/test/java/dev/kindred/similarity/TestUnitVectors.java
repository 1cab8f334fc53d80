/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.similarity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.kindred.kernel.TileKernel;
import dev.kindred.kernel.TileKernels;
import dev.kindred.math.Cosine;
import java.util.Random;
import org.junit.jupiter.api.Test;

class TestUnitVectors {

  /** The worst case that anybody can think of: all products of one sign, or cancelling. */
  @Test
  void kernelsErrByLessThanTheirBound() {
    Random random = new Random(4);
    for (TileKernels.Choice choice : TileKernels.Choice.values()) {
      TileKernel kernel = TileKernels.get(choice);
      for (int dimension : new int[] {1, 3, 24, 384, 1600}) {
        for (int kind = 0; kind < 3; kind++) {
          float[] a = vector(random, dimension);
          float[] b = kind == 0 ? vector(random, dimension) : a.clone();
          for (int i = 0; i < dimension; i++) {
            b[i] *= kind == 2 && i % 2 == 0 ? -1 : 1;
          }

          assertThat(similarity(kernel, a, b))
              .isCloseTo(Cosine.similarity(a, b), within(Cosine.kernelError(dimension)));
        }
      }
    }
  }

  private static double similarity(TileKernel kernel, float[] a, float[] b) {
    int dimension = a.length;
    int width = kernel.promptsPerPanel();
    float[] windows = new float[TileKernel.WINDOWS * dimension];
    float[] prompts = new float[width * dimension];
    UnitVectors.pack(a, Cosine.norms(a, 1, dimension), 1, dimension, TileKernel.WINDOWS, windows);
    UnitVectors.pack(b, Cosine.norms(b, 1, dimension), 1, dimension, width, prompts);
    float[] products = new float[TileKernel.WINDOWS * width];
    kernel.multiply(windows, 0, prompts, 0, dimension, products);
    return products[0];
  }

  private static float[] vector(Random random, int dimension) {
    float[] vector = new float[dimension];
    for (int i = 0; i < dimension; i++) {
      vector[i] = (float) random.nextGaussian();
    }

    return vector;
  }
}
