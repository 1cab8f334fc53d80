/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.baseline;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.map_keys;
import static org.apache.spark.sql.functions.map_values;
import static org.apache.spark.sql.functions.xxhash64;

import dev.kindred.table.Tables;
import java.io.Serializable;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/**
 * Random windows of the corpus, drawn without replacement: a shuffled pool of which every draw
 * takes a stretch, from a random place on, wrapping around. Totals at every so many windows make a
 * draw cost the same however long it is; the more tokens follow, the fewer totals.
 */
final class RandomStrings implements Serializable {
  private static final long serialVersionUID = 1L;

  /** Windows in the pool at most. */
  static final int POOL = 1 << 20;

  private static final int LEAST_STRIDE = 64;
  private static final long TOTALS_BYTES = 64L << 20;
  private static final long SEED = 1337;

  private final int[] tokens; // [T], those that follow any window, ascending
  private final int[][] following; // of each window of the pool, places in these
  private final long[][] counts;
  private final int stride;
  private final long[][] totals; // [..][T], of all windows before place stride * i

  /**
   * Makes a pool.
   *
   * @param following tokens that follow each window
   * @param counts how often
   */
  RandomStrings(int[][] following, long[][] counts) {
    this(following, counts, stride(following.length, distinct(following).length));
  }

  /**
   * The same with a total at every so many windows.
   *
   * @param stride how many
   */
  RandomStrings(int[][] following, long[][] counts, int stride) {
    this.tokens = distinct(following);
    this.following = new int[following.length][];
    this.counts = counts;
    this.stride = stride;
    this.totals = new long[following.length / stride + 1][];
    long[] total = new long[tokens.length];
    for (int place = 0; place <= following.length; place++) {
      if (place % stride == 0) {
        totals[place / stride] = total.clone();
      }

      if (place < following.length) {
        this.following[place] =
            Arrays.stream(following[place])
                .map(token -> Arrays.binarySearch(tokens, token))
                .toArray();
        add(total, place);
      }
    }
  }

  private static int[] distinct(int[][] following) {
    return Arrays.stream(following).flatMapToInt(Arrays::stream).distinct().sorted().toArray();
  }

  /** Windows from one total to the next, so that totals take at most 64 MiB beside the first. */
  static int stride(int windows, int tokens) {
    long totals = Math.max(1, TOTALS_BYTES / Long.BYTES / Math.max(1, tokens));
    return (int) Math.max(LEAST_STRIDE, (windows + totals - 1) / totals);
  }

  /**
   * Collects the pool to the driver: all windows, or {@value #POOL} random ones.
   *
   * @param windows rows of {@link Tables#WINDOWS} of one corpus
   */
  static RandomStrings collect(Dataset<Row> windows) {
    List<Row> pool =
        windows
            .select(
                map_keys(col("next_tokens")).as("tokens"),
                map_values(col("next_tokens")).as("counts"),
                xxhash64(col("window_id"), lit(SEED)).as("place"),
                col("window_id"))
            .sort("place", "window_id")
            .limit(POOL)
            .drop("place", "window_id")
            .collectAsList();
    int[][] tokens = new int[pool.size()][];
    long[][] counts = new long[pool.size()][];
    for (int i = 0; i < tokens.length; i++) {
      tokens[i] = pool.get(i).<Integer>getList(0).stream().mapToInt(Integer::intValue).toArray();
      counts[i] = pool.get(i).<Long>getList(1).stream().mapToLong(Long::longValue).toArray();
    }

    return new RandomStrings(tokens, counts);
  }

  /** Returns T tokens: those that follow any window, ascending. */
  int[] tokens() {
    return tokens;
  }

  /**
   * The next-token counts of random windows.
   *
   * @param size how many; all of the pool if it has fewer
   * @return a count for each of {@link #tokens}, the same for the same prompt, block and size
   */
  long[] draw(int promptId, int block, long size) {
    int windows = following.length;
    int length = (int) Math.min(size, windows);
    if (length == 0) {
      return new long[tokens.length];
    }

    long stream = (long) promptId << Integer.SIZE | block;
    int from = new SplittableRandom(SEED ^ stream * 0xD1B54A32D192ED03L).nextInt(windows);
    int end = from + length;
    long[] drawn = upTo(Math.min(end, windows));
    add(drawn, upTo(from), -1);
    if (end > windows) {
      add(drawn, upTo(end - windows), 1);
    }

    return drawn;
  }

  private long[] upTo(int end) {
    long[] total = totals[end / stride].clone();
    for (int place = end / stride * stride; place < end; place++) {
      add(total, place);
    }

    return total;
  }

  private void add(long[] total, int place) {
    for (int i = 0; i < following[place].length; i++) {
      total[following[place][i]] += counts[place][i];
    }
  }

  private static void add(long[] total, long[] counts, int sign) {
    for (int place = 0; place < total.length; place++) {
      total[place] += sign * counts[place];
    }
  }
}
