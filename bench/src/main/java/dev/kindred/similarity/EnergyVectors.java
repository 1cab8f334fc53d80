/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.similarity;

import dev.kindred.math.Cosine;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/**
 * Vectors of which the first 32 axes hold half of the energy, as of a model with many blocks: a
 * prefix of axes says less about them than about a small model's, whose hold nearly all.
 */
public final class EnergyVectors {
  private static final int AXES = 32;
  private static final double SHARE = .5;
  private static final double FOUND = .001; // of the pairs
  private static final int SAMPLE = 1_000;
  private static final int VOCABULARY = 4_096;
  private static final int KEPT = 100;

  private EnergyVectors() {}

  /**
   * Draws windows and prompts. The threshold is such that one pair in a thousand is above it.
   *
   * @param dimension more than 32
   */
  public static JoinComparison.Block block(int windows, int prompts, int dimension) {
    Random random = new Random(1);
    List<JoinComparison.Window> all = new ArrayList<>();
    for (int i = 0; i < windows; i++) {
      JoinComparison.Window window = new JoinComparison.Window();
      window.setId(i);
      window.setFfnOut(draw(random, dimension));
      all.add(window);
    }

    List<PromptVector> asked = new ArrayList<>();
    for (int i = 0; i < prompts; i++) {
      PromptVector prompt = new PromptVector();
      prompt.setId(i);
      prompt.setOwnWindowId(PromptVectors.NO_WINDOW);
      prompt.setFfnOut(draw(random, dimension));
      asked.add(prompt);
    }

    double[] similarities = new double[SAMPLE * Math.min(prompts, SAMPLE / 10)];
    for (int i = 0; i < similarities.length; i++) {
      similarities[i] =
          Cosine.similarity(
              all.get(i % Math.min(windows, SAMPLE)).getFfnOut(),
              asked.get(i / SAMPLE).getFfnOut());
    }

    Arrays.sort(similarities);
    return new JoinComparison.Block(
        all,
        NextTokens.ofSingle(random.ints(windows, 0, VOCABULARY).toArray()),
        asked,
        similarities[(int) ((1 - FOUND) * similarities.length)],
        VOCABULARY,
        KEPT);
  }

  private static float[] draw(Random random, int dimension) {
    double first = Math.sqrt(SHARE / AXES);
    double other = Math.sqrt((1 - SHARE) / (dimension - AXES));
    float[] vector = new float[dimension];
    for (int k = 0; k < dimension; k++) {
      vector[k] = (float) (random.nextGaussian() * (k < AXES ? first : other));
    }

    return vector;
  }
}
