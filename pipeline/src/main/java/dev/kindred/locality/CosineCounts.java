/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.locality;

import java.io.Serializable;
import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * Cosines, counted in bins of one width over [-1, 1], so that what is read of them does not depend
 * on the order in which they came. Their sums are of whole numbers for the same reason. The last
 * bin is for those that are 1 but for rounding, where nothing was taken away that counts.
 */
final class CosineCounts implements Serializable {
  static final int BINS = 2001;
  private static final int WIDE = BINS - 1; // of one width
  private static final double ONE = 1 - 1e-6;
  private static final long serialVersionUID = 1L;
  private static final double UNIT = 0x1p-36; // of sums: 67 million cosines fit

  private final long[] bins;
  private long sum; // in units
  private long squares; // in units
  private long negative;

  CosineCounts() {
    this(new long[BINS], 0, 0, 0);
  }

  private CosineCounts(long[] bins, long sum, long squares, long negative) {
    this.bins = bins;
    this.sum = sum;
    this.squares = squares;
    this.negative = negative;
  }

  /** The counts of a list of those that are not 0. */
  static CosineCounts of(int[] places, long[] counts, long sum, long squares, long negative) {
    long[] bins = new long[BINS];
    for (int i = 0; i < places.length; i++) {
      bins[places[i]] = counts[i];
    }

    return new CosineCounts(bins, sum, squares, negative);
  }

  /**
   * Counts one, in [-1, 1] up to rounding.
   *
   * @throws IllegalArgumentException if it is not a number, which no bin would tell
   */
  void add(double cosine) {
    if (Double.isNaN(cosine)) {
      throw new IllegalArgumentException("a cosine is not a number: streams are not finite");
    }

    double bounded = Math.max(-1, Math.min(1, cosine));
    bins[bounded > ONE ? WIDE : Math.min(WIDE - 1, (int) ((bounded + 1) / 2 * WIDE))]++;
    sum += Math.round(bounded / UNIT);
    squares += Math.round(bounded * bounded / UNIT);
    negative += bounded < 0 ? 1 : 0;
  }

  /** Both together. */
  CosineCounts plus(CosineCounts other) {
    long[] both = bins.clone();
    Arrays.setAll(both, i -> both[i] + other.bins[i]);
    return new CosineCounts(
        both, sum + other.sum, squares + other.squares, negative + other.negative);
  }

  long count() {
    return Arrays.stream(bins).sum();
  }

  double mean() {
    return sum * UNIT / count();
  }

  double meanSquare() {
    return squares * UNIT / count();
  }

  double negativeShare() {
    return (double) negative / count();
  }

  /**
   * The value below which a share of all are, to the width of a bin: 0.001. Within a bin they are
   * taken to be evenly spread; what is between two bins with some is in the middle.
   *
   * @param share in (0, 1)
   */
  double quantile(double share) {
    double wanted = share * (count() - 1); // of those from the least on, as a place between them
    int before = (int) Math.floor(wanted);
    double lower = ordered(before);
    double upper = ordered(Math.min(count() - 1, before + 1));
    return lower + (wanted - before) * (upper - lower);
  }

  /** About where the one is that has so many below it. */
  private double ordered(long place) {
    long below = 0;
    int bin = 0;
    while (below + bins[bin] <= place) {
      below += bins[bin++];
    }

    return bin == WIDE ? 1 : -1 + 2. / WIDE * (bin + (place - below + .5) / bins[bin]);
  }

  /** The bins that have some. */
  int[] places() {
    return IntStream.range(0, BINS).filter(bin -> bins[bin] > 0).toArray();
  }

  /** How many these have. */
  long[] counts() {
    return Arrays.stream(bins).filter(count -> count > 0).toArray();
  }

  long sum() {
    return sum;
  }

  long squares() {
    return squares;
  }

  long negative() {
    return negative;
  }
}
