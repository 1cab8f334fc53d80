/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.tuning;

import java.util.Arrays;
import java.util.List;
import java.util.function.ToDoubleFunction;
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
        ToDoubleFunction<Tuned> distance = distanceByBlock(combination, best.tuned(), block);
        best = new Result(best.tuned(), distance.applyAsDouble(best.tuned())); // to its last digit
        best = bestThreshold(distance, best, block);
        best = bestWeight(distance, best, block, step);
      }

      if (before - best.distance() < LEAST_GAIN) {
        step /= 2;
      }
    }

    return best;
  }

  /**
   * Returns the mean distance of settings that differ in one block alone. Where blocks are summed
   * up, the sum of the others is taken once; the last digits may then be others than those of
   * {@link #distance}.
   */
  private ToDoubleFunction<Tuned> distanceByBlock(
      Combination combination, Tuned tuned, int changed) {
    if (!(combination instanceof Combination.Sum sum)) {
      return tried -> distance(combination, tried);
    }

    double[][] others =
        prompts.parallelStream()
            .map(prompt -> sumOfOthers(sum, prompt, tuned, changed))
            .toArray(double[][]::new);
    return tried ->
        mean(
            IntStream.range(0, prompts.size())
                .parallel()
                .mapToDouble(
                    i -> {
                      PromptBins prompt = prompts.get(i);
                      double[] shares = others[i].clone();
                      sum.add(prompt, tried, changed, withOwn, new double[shares.length], shares);
                      return prompt.distance(shares);
                    })
                .toArray());
  }

  private double[] sumOfOthers(Combination.Sum sum, PromptBins prompt, Tuned tuned, int changed) {
    double[] shares = new double[prompt.tokens()];
    double[] counts = new double[shares.length];
    for (int block = 0; block < tuned.bins().length; block++) {
      if (block != changed) {
        sum.add(prompt, tuned, block, withOwn, counts, shares);
      }
    }

    return shares;
  }

  private Result bestThreshold(ToDoubleFunction<Tuned> distance, Result from, int block) {
    Result best = from;
    for (int steps : DISTANCES) {
      int bin = from.tuned().bins()[block] + steps;
      if (bin >= 0 && bin < bins) {
        best = better(distance, best, from.tuned().withBin(block, bin));
      }
    }

    return best;
  }

  private Result bestWeight(ToDoubleFunction<Tuned> distance, Result from, int block, double step) {
    double weight = from.tuned().weights()[block];
    if (weight == 0) {
      weight = Arrays.stream(from.tuned().weights()).max().orElseThrow() * Math.exp(-FIRST_STEP);
    }

    Result best = from;
    for (double factor :
        new double[] {
          0, Math.exp(-2 * step), Math.exp(-step), 1, Math.exp(step), Math.exp(2 * step)
        }) {
      best = better(distance, best, from.tuned().withWeight(block, factor * weight));
    }

    return best;
  }

  private static Result better(ToDoubleFunction<Tuned> distance, Result best, Tuned tried) {
    double found = distance.applyAsDouble(tried);
    return found < best.distance() ? new Result(tried, found) : best;
  }
}
