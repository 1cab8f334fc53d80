/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.tuning;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Finds thresholds and weights whose approximations are closest to the model's predictions, by mean
 * Hellinger distance over some prompts.
 *
 * <p>Coordinate descent: block by block, thresholds near and far from the block's are tried, then
 * its weight times some factors and 0; the factors come closer to 1 when nothing helps any more.
 * The mean squared distance is convex in the weights of a mixture of distributions, but neither the
 * mean distance nor thresholds are, so a search ends in a minimum that may be local: it is begun
 * from several starts.
 */
public final class Tuner {
  private static final double FIRST_STEP = 2; // of the logarithm of a weight
  private static final double LAST_STEP = 0.1;
  private static final int[] DISTANCES = {-16, -8, -4, -2, -1, 1, 2, 4, 8, 16}; // in bins
  private static final double LEAST_GAIN = 1e-6;

  private final List<PromptBins> prompts;
  private final int bins;
  private final boolean withOwn;

  /**
   * A setting and how close it comes.
   *
   * @param distance mean Hellinger distance, in [0, 1]
   */
  public record Result(Tuned tuned, double distance) {}

  /**
   * @param bins number of thresholds on the grid
   * @param withOwn whether prompts' own windows are evidence
   */
  public Tuner(List<PromptBins> prompts, int bins, boolean withOwn) {
    this.prompts = prompts;
    this.bins = bins;
    this.withOwn = withOwn;
  }

  /** The mean distance of a combination; the same whatever the number of threads. */
  public double distance(Combination combination, Tuned tuned) {
    return mean(distances(combination, tuned));
  }

  /** Each prompt's distance. */
  public double[] distances(Combination combination, Tuned tuned) {
    return IntStream.range(0, prompts.size())
        .parallel()
        .mapToDouble(i -> combination.distance(prompts.get(i), tuned, withOwn))
        .toArray();
  }

  private static double mean(double[] values) {
    return Arrays.stream(values).sum() / values.length;
  }

  /** The best of the searches from some starts. */
  public Result search(Combination combination, List<Tuned> starts) {
    return starts.stream()
        .map(start -> search(combination, start))
        .reduce((one, other) -> other.distance() < one.distance() ? other : one)
        .orElseThrow();
  }

  private Result search(Combination combination, Tuned start) {
    Result best = new Result(start, distance(combination, start));
    double step = FIRST_STEP;
    while (step > LAST_STEP) {
      double before = best.distance();
      for (int block = 0; block < start.bins().length; block++) {
        best = bestThreshold(combination, best, block);
        best = bestWeight(combination, best, block, step);
      }

      if (before - best.distance() < LEAST_GAIN) {
        step /= 2;
      }
    }

    return best;
  }

  private Result bestThreshold(Combination combination, Result from, int block) {
    Result best = from;
    for (int distance : DISTANCES) {
      int bin = from.tuned().bins()[block] + distance;
      if (bin >= 0 && bin < bins) {
        best = better(combination, best, from.tuned().withBin(block, bin));
      }
    }

    return best;
  }

  private Result bestWeight(Combination combination, Result from, int block, double step) {
    double weight = from.tuned().weights()[block];
    if (weight == 0) {
      weight = Arrays.stream(from.tuned().weights()).max().orElseThrow() * Math.exp(-FIRST_STEP);
    }

    Result best = from;
    for (double factor :
        new double[] {
          0, Math.exp(-2 * step), Math.exp(-step), 1, Math.exp(step), Math.exp(2 * step)
        }) {
      best = better(combination, best, from.tuned().withWeight(block, factor * weight));
    }

    return best;
  }

  private Result better(Combination combination, Result best, Tuned tried) {
    double distance = distance(combination, tried);
    return distance < best.distance() ? new Result(tried, distance) : best;
  }
}
