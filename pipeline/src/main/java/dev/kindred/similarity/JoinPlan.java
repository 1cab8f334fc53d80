/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.similarity;

import dev.kindred.kernel.TileKernel;
import java.io.Serializable;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/**
 * How a block is joined.
 *
 * @param axes at least shortAxes; null for brute force
 * @param shortAxes axes of the prefix; 0 for brute force
 * @param survivors share of a sample's pairs that the prefix leaves open, in [0, 1]
 */
record JoinPlan(PrincipalAxes axes, int shortAxes, double survivors) implements Serializable {

  private static final int ORDER_AXES = 12;

  static JoinPlan bruteForce() {
    return new JoinPlan(null, 0, 1);
  }

  boolean isBruteForce() {
    return shortAxes == 0;
  }

  PairJoin open(
      TileKernel kernel,
      PromptVectors prompts,
      PairCheck check,
      SettledPairs settled,
      double threshold) {
    return isBruteForce()
        ? new TileJoin(kernel, prompts, check, settled)
        : new PrefixJoin(kernel, prompts, axes.first(shortAxes), check, settled, threshold);
  }

  /** The order in which to join windows: close ones together where prefixes are used. */
  int[] order(TileKernel kernel, List<float[]> windows) {
    if (isBruteForce()) {
      return IntStream.range(0, windows.size()).toArray();
    }

    int dimensions = Math.min(ORDER_AXES, axes.count());
    float[] points = new float[windows.size() * dimensions];
    for (int i = 0; i < windows.size(); i++) {
      float[] window = windows.get(i);
      float square = kernel.dot(window, 0, window, 0, window.length);
      float scale =
          square > 0 && square < Float.POSITIVE_INFINITY ? (float) (1 / Math.sqrt(square)) : 0;
      for (int axis = 0; axis < dimensions; axis++) {
        points[i * dimensions + axis] =
            scale * kernel.dot(window, 0, axes.rows(), axis * window.length, window.length);
      }
    }

    return WindowOrder.of(points, windows.size(), dimensions);
  }

  @Override
  public String toString() {
    return isBruteForce()
        ? "brute force"
        : "prefixes of "
            + shortAxes
            + String.format(
                Locale.ROOT, " axes (they leave %.2f %% of a sample's pairs)", 100 * survivors);
  }
}
