/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.tuning;

import dev.kindred.similarity.SimilarityBins;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/**
 * Looks for the thresholds, weights and saturation whose approximations are nearest to the model's
 * predictions, without prompts' own windows as evidence.
 */
public final class Search {
  /**
   * The saturations to try. Raw counts, whose saturation is infinite, come first, so that each
   * search goes on from the result of a saturation that differs little.
   */
  private static final double[] SATURATIONS = {
    Double.POSITIVE_INFINITY, 10_000, 3_000, 1_000, 300, 100, 30, 10, 3, 1
  };

  /** How many saturations are tried. */
  public static final int TRIED = SATURATIONS.length;

  private Search() {}

  /** What was found, with weights of three digits, which people can read and copy. */
  public record Found(Tuned tuned, double saturation) {}

  /**
   * Searches.
   *
   * @param prompts in the order of their ids
   * @param starts of the first saturation
   * @param tried is told of each saturation that was tried
   */
  public static Found of(
      List<PromptBins> prompts, SimilarityBins bins, List<Tuned> starts, Runnable tried) {
    Tuner tuner = new Tuner(prompts, bins.count(), false);
    double saturation = 0;
    Tuner.Result best = null;
    for (double next : SATURATIONS) {
      List<Tuned> from = best == null ? starts : List.of(best.tuned());
      Tuner.Result found = tuner.search(Combination.mixture(next), from);
      if (best == null || found.distance() < best.distance()) {
        best = found;
        saturation = next;
      }

      tried.run();
    }

    return new Found(rounded(best.tuned()), saturation);
  }

  private static Tuned rounded(Tuned tuned) {
    Tuned scaled = tuned.scaled();
    double[] weights =
        Arrays.stream(scaled.weights())
            .map(weight -> Double.parseDouble(String.format(Locale.ROOT, "%.3g", weight)))
            .toArray();
    return new Tuned(scaled.bins(), weights);
  }

  /** Each block's own best threshold, and equal weights: a start. */
  public static Tuned eachAlone(
      List<ThresholdCurves.Point> curves, List<Integer> blocks, SimilarityBins bins) {
    int[] best =
        blocks.stream().mapToInt(block -> bins.binAbove(best(curves, block).threshold())).toArray();
    double[] equal = new double[blocks.size()];
    Arrays.fill(equal, 1.0 / blocks.size());
    return new Tuned(best, equal);
  }

  /** A block's best threshold. */
  public static ThresholdCurves.Point best(List<ThresholdCurves.Point> curves, int block) {
    return curves.stream()
        .filter(point -> point.block() == block)
        .min(Comparator.comparingDouble(ThresholdCurves.Point::leaveOneOutDistance))
        .orElseThrow();
  }
}
