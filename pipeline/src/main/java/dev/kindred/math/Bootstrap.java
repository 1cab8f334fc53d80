/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.math;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * How far a mean over prompts could be off because they are only so many: percentile bootstrap
 * (Efron and Tibshirani, "An Introduction to the Bootstrap", 1993, chapter 13).
 */
public final class Bootstrap {
  static final int RESAMPLES = 1000;

  private static final long SEED = 1337;
  private static final double TAIL = 0.025;

  private Bootstrap() {}

  /** An interval that covers a mean in 95 of 100 cases. */
  public record Interval(double low, double high) {}

  /**
   * Intervals of several means over the same prompts, from the same resamples, so that they can be
   * compared with each other.
   *
   * @param series [s][n]: of each series, a value for each of n >= 1 prompts
   * @return one a series; the same for the same series whatever others there are
   */
  public static Interval[] intervals(double[][] series) {
    int prompts = series[0].length;
    double[][] means =
        IntStream.range(0, RESAMPLES)
            .parallel()
            .mapToObj(resample -> means(series, drawn(prompts, resample)))
            .toArray(double[][]::new);
    Interval[] intervals = new Interval[series.length];
    for (int s = 0; s < series.length; s++) {
      int column = s;
      double[] sorted = Arrays.stream(means).mapToDouble(mean -> mean[column]).sorted().toArray();
      int low = (int) (TAIL * RESAMPLES);
      intervals[s] = new Interval(sorted[low], sorted[RESAMPLES - 1 - low]);
    }

    return intervals;
  }

  /**
   * An interval of a mean over pairs, such as prompts under models: both were drawn, so that pairs
   * with one in common are not independent. Both are drawn anew, and a pair counts as often as both
   * together (Owen, "The pigeonhole bootstrap", 2007), which for many of both makes the interval a
   * little too wide; of a few, any bootstrap's is too narrow. Where one of the two is a single one,
   * the interval is over the other alone.
   *
   * @param values n >= 1 of them
   * @param firsts of each value, which of the first it belongs to
   * @param seconds the same of the second
   */
  public static Interval ofPairs(double[] values, int[] firsts, int[] seconds) {
    int[] first = numbered(firsts);
    int[] second = numbered(seconds);
    double[] sorted =
        IntStream.range(0, RESAMPLES)
            .parallel()
            .mapToDouble(resample -> meanOfPairs(values, first, second, resample))
            .sorted()
            .toArray();
    int low = (int) (TAIL * RESAMPLES);
    return new Interval(sorted[low], sorted[RESAMPLES - 1 - low]);
  }

  /** Numbers from 0 in the place of ids, in the order in which they come. */
  private static int[] numbered(int[] ids) {
    int[] distinct = Arrays.stream(ids).distinct().toArray();
    Map<Integer, Integer> numbers = new HashMap<>();
    for (int id : distinct) {
      numbers.put(id, numbers.size());
    }

    return Arrays.stream(ids).map(numbers::get).toArray();
  }

  private static double meanOfPairs(double[] values, int[] first, int[] second, int resample) {
    int firsts = Arrays.stream(first).max().orElse(0) + 1;
    int seconds = Arrays.stream(second).max().orElse(0) + 1;
    // Of pairs that are not all there, a draw may have none: then the next one is taken.
    for (int draw = resample; ; draw += 2 * RESAMPLES) {
      int[] ofFirst = drawn(firsts, draw);
      int[] ofSecond = drawn(seconds, draw + RESAMPLES);
      double sum = 0;
      long times = 0;
      for (int i = 0; i < values.length; i++) {
        long weight = (long) ofFirst[first[i]] * ofSecond[second[i]];
        sum += weight * values[i];
        times += weight;
      }

      if (times > 0) {
        return sum / times;
      }
    }
  }

  /** How often each prompt is in the resample. */
  private static int[] drawn(int prompts, int resample) {
    // Mixed: seeds that differ by a multiple of its own step would give the same numbers, shifted.
    SplittableRandom random =
        new SplittableRandom(
            new SplittableRandom(SEED ^ (long) resample << Integer.SIZE).nextLong());
    int[] times = new int[prompts];
    for (int i = 0; i < prompts; i++) {
      times[random.nextInt(prompts)]++;
    }

    return times;
  }

  private static double[] means(double[][] series, int[] times) {
    double[] means = new double[series.length];
    for (int s = 0; s < means.length; s++) {
      double sum = 0;
      for (int prompt = 0; prompt < times.length; prompt++) {
        sum += times[prompt] * series[s][prompt];
      }

      means[s] = sum / times.length;
    }

    return means;
  }
}
