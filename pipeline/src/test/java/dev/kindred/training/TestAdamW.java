/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.kindred.DjlEngine;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TestAdamW {
  private static final int SIZE = 6;
  private static final int STEPS = 5;
  private static final double RATE = .01;
  private static final double BETA1 = .9;
  private static final double BETA2 = .99;
  private static final double DECAY = .5;
  private static final double SCALE = .25;

  @ParameterizedTest
  @CsvSource({"MATRICES, true", "MATRICES, false", "ALL, true", "ALL, false"})
  void weightsChangeAsThePaperHasIt(Recipe.DecayedWeights decayed, boolean matrix) {
    DjlEngine.load();
    Random random = new Random(1);
    double[] weight = random.doubles(SIZE, -1, 1).toArray();
    double[] mean = new double[SIZE];
    double[] variance = new double[SIZE];
    try (NDManager manager = NDManager.newBaseManager()) {
      Shape shape = matrix ? new Shape(2, SIZE / 2) : new Shape(SIZE);
      NDArray found = manager.create(floats(weight), shape);
      AdamW optimizer = new AdamW(recipe(decayed), Map.of("w", found));
      for (int step = 1; step <= STEPS; step++) {
        double[] gradient = random.doubles(SIZE, -3, 3).toArray();
        for (int i = 0; i < SIZE; i++) {
          double scaled = SCALE * gradient[i];
          mean[i] = BETA1 * mean[i] + (1 - BETA1) * scaled;
          variance[i] = BETA2 * variance[i] + (1 - BETA2) * scaled * scaled;
          double direction =
              mean[i]
                  / (1 - Math.pow(BETA1, step))
                  / Math.sqrt(variance[i] / (1 - Math.pow(BETA2, step)));
          boolean decays = matrix || decayed == Recipe.DecayedWeights.ALL;
          weight[i] -= RATE * (direction + (decays ? DECAY * weight[i] : 0));
        }

        optimizer.update("w", found, manager.create(floats(gradient), shape), step, SCALE);
      }

      for (int i = 0; i < SIZE; i++) {
        assertThat((double) found.toFloatArray()[i]).isCloseTo(weight[i], within(1e-5));
      }
    }
  }

  private static float[] floats(double[] values) {
    float[] floats = new float[values.length];
    for (int i = 0; i < values.length; i++) {
      floats[i] = (float) values[i];
    }

    return floats;
  }

  private static Recipe recipe(Recipe.DecayedWeights decayed) {
    return new Recipe(
        1,
        STEPS,
        8,
        List.of(0., 0., 0., 1.),
        RATE,
        RATE,
        0,
        Recipe.Decay.COSINE,
        0,
        BETA1,
        BETA2,
        DECAY,
        decayed,
        0,
        0,
        1,
        1);
  }
}
