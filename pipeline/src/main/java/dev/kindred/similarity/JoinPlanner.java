/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.similarity;

import dev.kindred.kernel.TileKernel;
import dev.kindred.kernel.TileKernels;
import dev.kindred.math.Cosine;
import java.util.List;

/**
 * Chooses how long a short prefix pays for a block, from samples of its windows and prompts; every
 * choice finds the same pairs.
 *
 * <p>The cost of a pair is counted in components multiplied by the tile kernel: a tile's short
 * prefixes, some for looking at the tile, and {@link #PAIR} for each pair that the prefix leaves
 * open.
 */
final class JoinPlanner {
  /** Windows of a sample that are enough to plan with. */
  static final int SAMPLE_WINDOWS = 2048;

  private static final int SAMPLE_PROMPTS = 960;

  private static final int[] SHORT_AXES = {4, 8, 12, 16, 20, 24, 28, 32, 40, 48, 56, 64};

  /** Testing a tile, in components a pair. */
  private static final double TILE = 6;

  /** Settling a pair, in components: what forced axes take, with the share they leave. */
  private static final double PAIR = 3000;

  private JoinPlanner() {}

  /**
   * The plan that settings ask for: the cheapest, or one with so many axes.
   *
   * @param windows a sample of vectors; none are needed for 0 axes, which is brute force
   */
  static JoinPlan plan(PromptVectors prompts, List<float[]> windows, JoinSettings settings) {
    TileKernel kernel = TileKernels.get(settings.kernel());
    double threshold = settings.bins().floor();
    return settings.prefixAxes() == JoinSettings.AUTO_AXES
        ? plan(kernel, prompts, windows, threshold)
        : forced(kernel, prompts, windows, threshold, settings.prefixAxes());
  }

  /** The cheapest plan. */
  static JoinPlan plan(
      TileKernel kernel, PromptVectors prompts, List<float[]> windows, double threshold) {
    JoinPlan best = JoinPlan.bruteForce();
    double least = prompts.dimension() + TILE;
    if (windows.isEmpty() || prompts.count() == 0) {
      return best;
    }

    Sample sample = Sample.of(kernel, prompts, windows);
    for (int few : SHORT_AXES) {
      if (few <= sample.axes.count()) {
        double survivors = sample.survivors(few, threshold);
        double cost = few + 1 + TILE + survivors * PAIR;
        if (cost < least) {
          least = cost;
          best = new JoinPlan(sample.axes, few, survivors);
        }
      }
    }

    return best;
  }

  /**
   * The plan with so many axes in the short prefix, whether or not it pays; 0 for brute force.
   *
   * @param shortAxes taken as d_model where it is more
   */
  static JoinPlan forced(
      TileKernel kernel,
      PromptVectors prompts,
      List<float[]> windows,
      double threshold,
      int shortAxes) {
    if (shortAxes == 0 || windows.isEmpty() || prompts.count() == 0) {
      return JoinPlan.bruteForce();
    }

    Sample sample = Sample.of(kernel, prompts, windows);
    int few = Math.min(shortAxes, sample.axes.count());
    return new JoinPlan(sample.axes, few, sample.survivors(few, threshold));
  }

  /** Prefixes of sampled prompts and windows. */
  private record Sample(
      TileKernel kernel,
      PrincipalAxes axes,
      Projection projection,
      int prompts,
      float[] promptRows,
      int windows,
      float[] windowRows) {

    private static Sample of(TileKernel kernel, PromptVectors all, List<float[]> windows) {
      int dimension = all.dimension();
      int step = Math.max(1, all.count() / SAMPLE_PROMPTS);
      int count = Math.min(SAMPLE_PROMPTS, UnitVectors.groups(all.count(), step));
      float[] prompts = new float[count * dimension];
      for (int i = 0; i < count; i++) {
        System.arraycopy(all.vectors(), i * step * dimension, prompts, i * dimension, dimension);
      }

      float[] units = new float[count * dimension];
      UnitVectors.pack(
          prompts, Cosine.norms(prompts, count, dimension), count, dimension, 1, units);
      PrincipalAxes axes =
          PrincipalAxes.of(units, count, dimension, Math.min(JoinSettings.MAX_AXES, dimension));
      Projection projection = new Projection(kernel, axes);
      float[] rows = new float[windows.size() * dimension];
      for (int i = 0; i < windows.size(); i++) {
        System.arraycopy(windows.get(i), 0, rows, i * dimension, dimension);
      }

      return new Sample(
          kernel,
          axes,
          projection,
          count,
          project(projection, prompts, count, dimension),
          windows.size(),
          project(projection, rows, windows.size(), dimension));
    }

    private static float[] project(
        Projection projection, float[] vectors, int count, int dimension) {
      int groups = UnitVectors.groups(count, TileKernel.WINDOWS);
      float[] units = new float[groups * TileKernel.WINDOWS * dimension];
      double[] norms = Cosine.norms(vectors, count, dimension);
      UnitVectors.pack(vectors, norms, count, dimension, TileKernel.WINDOWS, units);
      float[] prefixes = new float[count * projection.length()];
      projection.project(units, count, prefixes);
      return prefixes;
    }

    /** Share of pairs whose upper bound is above the threshold. */
    private double survivors(int few, double threshold) {
      int length = few + 1;
      int width = kernel.promptsPerPanel();
      float[] shortPrompts = new float[prompts * length];
      projection.shorten(promptRows, prompts, few, shortPrompts);
      float[] panels = new float[UnitVectors.groups(prompts, width) * width * length];
      UnitVectors.interleave(shortPrompts, 0, prompts, length, length, width, panels);
      float[] shortWindows = new float[windows * length];
      projection.shorten(windowRows, windows, few, shortWindows);
      int tall = TileKernel.WINDOWS;
      float[] tiles = new float[UnitVectors.groups(windows, tall) * tall * length];
      UnitVectors.interleave(shortWindows, 0, windows, length, length, tall, tiles);

      float limit = (float) (threshold - projection.boundError(few));
      float[] products = new float[tall * width];
      int[] above = new int[width];
      long survivors = 0;
      for (int p = 0; p < prompts; p += width) {
        for (int w = 0; w < windows; w += tall) {
          kernel.multiply(tiles, w * length, panels, p * length, length, products);
          if (kernel.above(products, 0, limit, above) != 0) {
            for (int bits : above) {
              survivors += Integer.bitCount(bits);
            }
          }
        }
      }

      return Math.min(1, (double) survivors / ((double) prompts * windows));
    }
  }
}
