/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.report;

import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * Distances by how many fall into each of the equal bins of [0, 1], with the four decimals that
 * pages show: a prompt is in the bin that its distance can be read to be in.
 *
 * @param counts one a bin, from 0 upwards
 * @param mean of the distances themselves; not a number if there are none
 */
public record Histogram(int[] counts, double mean) {

  /** Each is 0.02 wide. */
  static final int BINS = 50;

  private static final int TEN_THOUSANDTHS = 10_000;

  /**
   * Counts distances.
   *
   * @param distances in [0, 1]; 1 falls into the last bin
   */
  public static Histogram of(double[] distances) {
    int[] counts = new int[BINS];
    for (double distance : distances) {
      counts[bin(distance)]++;
    }

    return new Histogram(counts, Arrays.stream(distances).average().orElse(Double.NaN));
  }

  private static int bin(double distance) {
    if (!(distance >= 0 && distance <= 1)) {
      throw new IllegalArgumentException("not a Hellinger distance: " + distance);
    }

    return Math.min(
        (int) Math.round(distance * TEN_THOUSANDTHS) / (TEN_THOUSANDTHS / BINS), BINS - 1);
  }

  /** The lower edge of a bin, in [0, 1]; for the number of bins, the upper edge of the last. */
  static double edge(int bin) {
    return (double) bin / BINS;
  }

  /** All edges, from 0 to 1. */
  static double[] edges() {
    return IntStream.rangeClosed(0, BINS).mapToDouble(Histogram::edge).toArray();
  }

  boolean isEmpty() {
    return total() == 0;
  }

  int total() {
    return Arrays.stream(counts).sum();
  }

  int fullest() {
    return Arrays.stream(counts).max().orElse(0);
  }
}
