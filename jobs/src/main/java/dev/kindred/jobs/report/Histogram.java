/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.report;

import java.util.Arrays;

/**
 * Distances by how many fall into each of the equal bins of [0, 1].
 *
 * @param counts one a bin, from 0 upwards
 * @param mean of the distances themselves; not a number if there are none
 * @param noiseFloor the mean distance between equally good models; not a number if unknown
 */
record Histogram(int[] counts, double mean, double noiseFloor) {

  /** Each is 0.02 wide. */
  static final int BINS = 50;

  /**
   * Counts distances.
   *
   * @param distances in [0, 1]; 1 falls into the last bin
   */
  static Histogram of(double[] distances) {
    int[] counts = new int[BINS];
    for (double distance : distances) {
      counts[bin(distance)]++;
    }
    double mean = Arrays.stream(distances).average().orElse(Double.NaN);
    return new Histogram(counts, mean, Double.NaN);
  }

  /** The same with the mean distance between equally good models, or null if it is unknown. */
  Histogram withNoiseFloor(Double distance) {
    return new Histogram(counts, mean, distance == null ? Double.NaN : distance);
  }

  private static int bin(double distance) {
    if (!(distance >= 0 && distance <= 1)) {
      throw new IllegalArgumentException("not a Hellinger distance: " + distance);
    }
    return Math.min((int) (distance * BINS), BINS - 1);
  }

  /** The lower edge of a bin, in [0, 1]; for the number of bins, the upper edge of the last. */
  static double edge(int bin) {
    return (double) bin / BINS;
  }

  boolean hasNoiseFloor() {
    return !Double.isNaN(noiseFloor);
  }

  int total() {
    return Arrays.stream(counts).sum();
  }
}
