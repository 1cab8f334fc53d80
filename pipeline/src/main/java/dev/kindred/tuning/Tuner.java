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
      Changes changes = changes(combination, best.tuned());
      for (int block = 0; block < start.bins().length; block++) {
        ToDoubleFunction<Tuned> distance = changes.of(block, best.tuned());
        best = new Result(best.tuned(), distance.applyAsDouble(best.tuned())); // to its last digit
        best = bestThreshold(distance, best, block);
        best = bestWeight(distance, best, block, step);
        changes.made(block, best.tuned());
      }

      if (before - best.distance() < LEAST_GAIN) {
        step /= 2;
      }
    }

    return best;
  }

  /** The mean distances of settings that differ in one block alone, one block after the other. */
  private interface Changes {
    /**
     * Begins with a block.
     *
     * @param tuned the setting so far
     * @return the mean distance of settings that have others in this block alone
     */
    ToDoubleFunction<Tuned> of(int block, Tuned tuned);

    /** Ends with the block. */
    void made(int block, Tuned tuned);
  }

  private Changes changes(Combination combination, Tuned tuned) {
    if (combination instanceof Combination.Sum sum) {
      return new ChangesOfSum(sum, tuned);
    }

    return new Changes() {
      @Override
      public ToDoubleFunction<Tuned> of(int block, Tuned ignored) {
        return tried -> distance(combination, tried);
      }

      @Override
      public void made(int block, Tuned ignored) {
        // Each distance is mixed anew.
      }
    };
  }

  /**
   * Where blocks are summed up, the sum is taken once: a block is taken out of it, and put back as
   * it was changed. What is tried in between costs the block's own tokens alone. The last digits
   * may be others than those of {@link #distance}.
   */
  private final class ChangesOfSum implements Changes {
    private final Combination.Sum sum;
    private final double[][] shares; // [P][T], of all blocks but one that is being changed

    private ChangesOfSum(Combination.Sum sum, Tuned tuned) {
      this.sum = sum;
      this.shares =
          prompts.parallelStream()
              .map(
                  prompt -> {
                    double[] ofPrompt = new double[prompt.tokens()];
                    sum.mix(prompt, tuned, withOwn, new double[ofPrompt.length], ofPrompt);
                    return ofPrompt;
                  })
              .toArray(double[][]::new);
    }

    @Override
    public ToDoubleFunction<Tuned> of(int block, Tuned tuned) {
      PromptBins.Rest[] rests =
          IntStream.range(0, prompts.size())
              .parallel()
              .mapToObj(
                  i -> {
                    add(i, block, tuned, -1);
                    return PromptBins.Rest.of(prompts.get(i), block, shares[i]);
                  })
              .toArray(PromptBins.Rest[]::new);
      return tried ->
          mean(
              IntStream.range(0, prompts.size())
                  .parallel()
                  .mapToDouble(i -> distance(i, block, tried, rests[i]))
                  .toArray());
    }

    @Override
    public void made(int block, Tuned tuned) {
      IntStream.range(0, prompts.size()).parallel().forEach(i -> add(i, block, tuned, 1));
    }

    private double distance(int i, int block, Tuned tried, PromptBins.Rest rest) {
      PromptBins prompt = prompts.get(i);
      int[] places = prompt.places(block);
      double[] ofBlock = new double[places.length];
      sum.ofBlock(prompt, tried, block, withOwn, ofBlock);
      for (int j = 0; j < places.length; j++) {
        ofBlock[j] += shares[i][places[j]];
      }

      return rest.distance(prompt, block, ofBlock);
    }

    /** Adds what a block gives, or takes it away: what is left of no other block is 0. */
    private void add(int i, int block, Tuned tuned, int sign) {
      int[] places = prompts.get(i).places(block);
      double[] ofBlock = new double[places.length];
      sum.ofBlock(prompts.get(i), tuned, block, withOwn, ofBlock);
      for (int j = 0; j < places.length; j++) {
        double shared = shares[i][places[j]] + sign * ofBlock[j];
        shares[i][places[j]] = Math.max(0, shared); // rounding can make it negative
      }
    }
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
