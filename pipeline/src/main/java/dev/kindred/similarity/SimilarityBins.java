/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.similarity;

import dev.kindred.InvalidInput;
import java.io.Serializable;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * Similarities above a floor, in bins, mostly of equal width: bin i has those strictly above {@code
 * edge(i)} up to and with {@code edge(i + 1)}, the last one all above its edge. What is strictly
 * above an edge is therefore what is in its bin and the bins after it.
 *
 * <p>Edges of equal bins are decimal numbers rounded once, so that the edge 0.85 is the threshold
 * 0.85.
 */
public final class SimilarityBins implements Serializable {
  private static final long serialVersionUID = 1L;

  /** What {@link #settle} returns where it cannot tell the bin. */
  static final int OPEN = -2;

  private static final String CENTRED = "_centred";
  private static final int DIGITS = 20;

  /** The bin of what is not above the floor. */
  static final int BELOW = -1;

  private final String name;
  private final double[] edges; // ascending, with an infinite one behind the last bin's
  private final double binsPerUnit; // 0 if they are not of equal width
  private final boolean isCentred;

  private SimilarityBins(String name, double[] edges, double binsPerUnit, boolean isCentred) {
    this.isCentred = isCentred;
    this.name = name;
    this.edges = edges;
    this.binsPerUnit = binsPerUnit;
  }

  /** One bin: similarities above a threshold in [-1, 1]. */
  public static SimilarityBins above(double threshold) {
    return new SimilarityBins(
        "above " + threshold, new double[] {threshold, Double.POSITIVE_INFINITY}, 0, false);
  }

  /**
   * Bins of any width: similarities above each of some thresholds and not above the next.
   *
   * @param thresholds at least one, in [-1, 1], ascending
   */
  public static SimilarityBins at(double... thresholds) {
    double[] edges = Arrays.copyOf(thresholds, thresholds.length + 1);
    edges[thresholds.length] = Double.POSITIVE_INFINITY;
    for (int bin = 0; bin < thresholds.length; bin++) {
      if (!(edges[bin] < edges[bin + 1])) {
        throw new IllegalArgumentException("not ascending: " + Arrays.toString(thresholds));
      }
    }

    return new SimilarityBins("at " + Arrays.toString(thresholds), edges, 0, false);
  }

  /**
   * Bins up to 1.
   *
   * @param floor in [-1, 1)
   * @param step width of a bin, in [0.0001, 1 - floor]
   * @throws InvalidInput if there are no such bins
   */
  public static SimilarityBins grid(String floor, String step) {
    BigDecimal first = new BigDecimal(floor);
    BigDecimal width = new BigDecimal(step);
    if (isOutOfProportion(first) || isOutOfProportion(width)) {
      throw new InvalidInput(
          "--bin-floor %s --bin-step %s: expected numbers of at most %d digits, such as 0.7 and"
              + " 0.01",
          floor, step, DIGITS);
    }

    BigDecimal range = BigDecimal.ONE.subtract(first);
    if (first.compareTo(BigDecimal.ONE.negate()) < 0
        || width.compareTo(new BigDecimal("0.0001")) < 0
        || width.compareTo(range) > 0) {
      throw new InvalidInput(
          "--bin-floor %s --bin-step %s: the floor is to be in [-1, 1), the step in [0.0001, 1 -"
              + " floor]",
          floor, step);
    }

    int bins = range.divide(width, 0, RoundingMode.UP).intValueExact();
    double[] edges = new double[bins + 1];
    for (int i = 0; i < bins; i++) {
      edges[i] = first.add(width.multiply(BigDecimal.valueOf(i))).doubleValue();
    }

    edges[bins] = Double.POSITIVE_INFINITY;
    String name =
        first.stripTrailingZeros().toPlainString()
            + "_"
            + width.stripTrailingZeros().toPlainString();
    return new SimilarityBins(name, edges, 1 / width.doubleValue(), false);
  }

  /** Sums with 1e-999999999 would have a billion digits. */
  private static boolean isOutOfProportion(BigDecimal number) {
    return number.precision() > DIGITS || Math.abs((long) number.scale()) > DIGITS;
  }

  /**
   * Bins up to 1 by their name.
   *
   * @param name as {@link #toString} gives it
   */
  public static SimilarityBins named(String name) {
    boolean isCentred = name.endsWith(CENTRED);
    String plain = isCentred ? name.substring(0, name.length() - CENTRED.length()) : name;
    int separator = plain.indexOf('_');
    return grid(plain.substring(0, separator), plain.substring(separator + 1)).centred(isCentred);
  }

  /**
   * Returns the same bins for similarities of vectors that their block's mean was taken away from,
   * or of vectors as they are.
   */
  public SimilarityBins centred(boolean centred) {
    String plain = isCentred ? name.substring(0, name.length() - CENTRED.length()) : name;
    return new SimilarityBins(centred ? plain + CENTRED : plain, edges, binsPerUnit, centred);
  }

  /** Whether similarities are of vectors that their block's mean was taken away from. */
  public boolean isCentred() {
    return isCentred;
  }

  /** Floor and step, as 0.7_0.01, or 0.7_0.01_centred: equal bins have the same name. */
  @Override
  public String toString() {
    return name;
  }

  public int count() {
    return edges.length - 1;
  }

  /** What is not strictly above it is in no bin. */
  public double floor() {
    return edges[0];
  }

  /** A bin's lower edge, which is not in it. */
  public double edge(int bin) {
    return edges[bin];
  }

  /** The bin whose lower edge is a threshold, or -1 if none is. */
  public int binAbove(double threshold) {
    for (int bin = 0; bin < count(); bin++) {
      if (edges[bin] == threshold) {
        return bin;
      }
    }

    return -1;
  }

  /** Whether all edges of others are among these. */
  public boolean hasEdgesOf(SimilarityBins others) {
    return IntStream.range(0, others.count()).allMatch(bin -> binAbove(others.edge(bin)) >= 0);
  }

  /** A similarity's bin, or {@link #BELOW}. */
  public int of(double similarity) {
    if (!(similarity > edges[0])) {
      return BELOW;
    }

    int last = edges.length - 2;
    if (binsPerUnit == 0) {
      int bin = last;
      while (!(similarity > edges[bin])) {
        bin--;
      }

      return bin;
    }

    int bin = (int) Math.min(last, (similarity - edges[0]) * binsPerUnit);
    // The product is rounded, so it may be beside the bin by one.
    if (!(similarity > edges[bin])) {
      return bin - 1;
    }

    return similarity > edges[bin + 1] ? bin + 1 : bin;
  }

  /**
   * The bin of a similarity that is known up to an error, or {@link #OPEN} where an edge is within
   * it.
   *
   * @param error at least 0, much less than a bin
   */
  int settle(double similarity, double error) {
    int bin = of(similarity);
    boolean isClear =
        (bin == BELOW || similarity - error > edges[bin]) && similarity + error <= edges[bin + 1];
    return isClear ? bin : OPEN;
  }
}
