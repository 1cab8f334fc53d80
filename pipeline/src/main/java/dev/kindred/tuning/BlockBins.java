/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.tuning;

import java.io.Serializable;
import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * What follows a prompt's similar strings in one block, by bins of their similarity, so that it can
 * be asked for above any bin's edge.
 *
 * <p>Letters: T = tokens that follow any string of any bin and block, U = those of them that follow
 * one of this block, E = bins.
 */
sealed interface BlockBins extends Serializable {

  /** Returns which of T the block's tokens are, [U], ascending. */
  int[] places();

  /** Returns how many windows are above a bin's lower edge. */
  long strings(int bin);

  /** Returns the bin of the prompt's own window, -1 where it is in none. */
  int ownBin();

  /**
   * Gives the counts of all strings above a bin's lower edge, rounded to float.
   *
   * @param counts [U] and more, of which the first U are overwritten
   */
  void counts(int bin, double[] counts);

  /**
   * Sums above each edge. It is asked for in no time, and takes 4 E U bytes.
   *
   * @param places [U]
   * @param counts [E][U]; null above the highest bin with strings
   * @param strings [E]
   */
  record Sums(int[] places, float[][] counts, long[] strings, int ownBin) implements BlockBins {
    @Override
    public long strings(int bin) {
      return strings[bin];
    }

    @Override
    public void counts(int bin, double[] sums) {
      for (int i = 0; i < places.length; i++) {
        sums[i] = counts[bin] == null ? 0 : counts[bin][i];
      }
    }
  }

  /**
   * Counts of single bins, from the highest down, which are added up whenever it is asked. Where
   * many tokens could follow, few do.
   *
   * @param places [U]
   * @param ends [E], the first entry that is not of a bin or one above it
   * @param tokens which of U, an entry
   * @param counts at least 1, an entry
   * @param strings [E]
   */
  record Entries(int[] places, int[] ends, int[] tokens, long[] counts, long[] strings, int ownBin)
      implements BlockBins {
    @Override
    public long strings(int bin) {
      return strings[bin];
    }

    @Override
    public void counts(int bin, double[] sums) {
      Arrays.fill(sums, 0, places.length, 0);
      for (int i = 0; i < ends[bin]; i++) {
        sums[tokens[i]] += counts[i];
      }

      for (int i = 0; i < places.length; i++) {
        sums[i] = (float) sums[i];
      }
    }
  }

  /** Takes what single bins have, in any order. */
  final class Builder {
    private static final int BYTES_PER_ENTRY = Integer.BYTES + Long.BYTES;

    /** How much more memory sums may take than entries, for their speed. */
    private static final int MOST_TIMES = 2;

    private final long[] strings; // [E], of each bin alone
    private final int[] sizes; // [E], entries
    private final int[][] places; // [E][..]
    private final long[][] counts; // [E][..]
    private int ownBin = -1;

    Builder(int bins) {
      this.strings = new long[bins];
      this.sizes = new int[bins];
      this.places = new int[bins][0];
      this.counts = new long[bins][0];
    }

    /**
     * Adds how often a token follows the strings of a bin.
     *
     * @param place which of T it is
     */
    void add(int bin, int place, long count) {
      if (sizes[bin] == places[bin].length) {
        int longer = Math.max(8, 2 * sizes[bin]);
        places[bin] = Arrays.copyOf(places[bin], longer);
        counts[bin] = Arrays.copyOf(counts[bin], longer);
      }

      places[bin][sizes[bin]] = place;
      counts[bin][sizes[bin]++] = count;
    }

    /** Adds strings to a bin. */
    void addStrings(int bin, long count, boolean isOwnAmongThem) {
      strings[bin] += count;
      if (isOwnAmongThem) {
        ownBin = bin;
      }
    }

    BlockBins build() {
      int bins = strings.length;
      long[] above = new long[bins];
      long sum = 0;
      for (int bin = bins - 1; bin >= 0; bin--) {
        sum += strings[bin];
        above[bin] = sum;
      }

      int entries = Arrays.stream(sizes).sum();
      int[] tokens =
          IntStream.range(0, bins)
              .flatMap(bin -> Arrays.stream(places[bin], 0, sizes[bin]))
              .sorted()
              .distinct()
              .toArray();
      for (int bin = 0; bin < bins; bin++) {
        for (int i = 0; i < sizes[bin]; i++) {
          places[bin][i] = Arrays.binarySearch(tokens, places[bin][i]);
        }
      }

      long bytesOfSums = (long) Float.BYTES * bins * tokens.length;
      return bytesOfSums <= (long) MOST_TIMES * BYTES_PER_ENTRY * entries
          ? sums(tokens, above)
          : entries(tokens, above, entries);
    }

    private Sums sums(int[] tokens, long[] above) {
      float[][] sums = new float[above.length][];
      double[] sum = new double[tokens.length];
      for (int bin = above.length - 1; bin >= 0; bin--) {
        for (int i = 0; i < sizes[bin]; i++) {
          sum[places[bin][i]] += counts[bin][i];
        }

        if (above[bin] > 0) {
          sums[bin] = new float[tokens.length];
          for (int i = 0; i < tokens.length; i++) {
            sums[bin][i] = (float) sum[i];
          }
        }
      }

      return new Sums(tokens, sums, above, ownBin);
    }

    private Entries entries(int[] tokens, long[] above, int entries) {
      int[] ends = new int[above.length];
      int[] allPlaces = new int[entries];
      long[] allCounts = new long[entries];
      int end = 0;
      for (int bin = above.length - 1; bin >= 0; bin--) {
        System.arraycopy(places[bin], 0, allPlaces, end, sizes[bin]);
        System.arraycopy(counts[bin], 0, allCounts, end, sizes[bin]);
        end += sizes[bin];
        ends[bin] = end;
      }

      return new Entries(tokens, ends, allPlaces, allCounts, above, ownBin);
    }
  }
}
