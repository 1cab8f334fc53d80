/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.similarity;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.map_keys;
import static org.apache.spark.sql.functions.map_values;

import dev.kindred.table.Tables;
import java.io.Serializable;
import java.util.Arrays;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;

/** The next-token counts of many windows, compact enough to broadcast. */
public final class NextTokens implements Serializable {
  private static final long serialVersionUID = 1L;

  /** What a window takes here, about. */
  public static final long BYTES_PER_WINDOW = 20;

  private final long[] windowIds; // ascending
  private final int[] starts; // windowIds.length + 1 places in tokens and counts
  private final int[] tokens;
  private final long[] counts;

  private NextTokens(long[] windowIds, int[] starts, int[] tokens, long[] counts) {
    this.windowIds = windowIds;
    this.starts = starts;
    this.tokens = tokens;
    this.counts = counts;
  }

  /**
   * Collects to the driver, about {@value #BYTES_PER_WINDOW} bytes a window.
   *
   * @param windows rows of {@link Tables#WINDOWS} of one corpus
   */
  public static NextTokens collect(Dataset<Row> windows) {
    Dataset<Entry> sorted =
        windows
            .select(
                col("window_id").as("windowId"),
                map_keys(col("next_tokens")).as("tokens"),
                map_values(col("next_tokens")).as("counts"))
            .sort("windowId")
            .as(Encoders.bean(Entry.class));
    Builder builder = new Builder();
    // Collected at once: toLocalIterator would run one job a partition.
    sorted.collectAsList().forEach(builder::add);

    return builder.build();
  }

  /**
   * Collects those of some windows only.
   *
   * @param windowIds rows with a window_id, each at most once
   */
  public static NextTokens collect(Dataset<Row> windows, Dataset<Row> windowIds) {
    return collect(windows.join(windowIds.select("window_id"), "window_id"));
  }

  /**
   * Next tokens of windows that are in memory.
   *
   * @param windowIds ascending
   * @param starts of window i the tokens are at places from starts[i] to starts[i + 1]
   * @param tokens ids
   * @param counts of these tokens
   */
  public static NextTokens of(long[] windowIds, int[] starts, int[] tokens, long[] counts) {
    return new NextTokens(windowIds, starts, tokens, counts);
  }

  /** Windows 0, 1, .. that stand once each, with the tokens that follow them. */
  static NextTokens ofSingle(int[] tokens) {
    long[] ids = new long[tokens.length];
    int[] starts = new int[tokens.length + 1];
    long[] counts = new long[tokens.length];
    for (int i = 0; i < tokens.length; i++) {
      ids[i] = i;
      starts[i + 1] = i + 1;
      counts[i] = 1;
    }

    return new NextTokens(ids, starts, tokens.clone(), counts);
  }

  /**
   * A window's number here.
   *
   * @throws IllegalStateException if activations have a window that the corpus has not
   */
  int find(long windowId) {
    int index = Arrays.binarySearch(windowIds, windowId);
    if (index < 0) {
      throw new IllegalStateException("No window " + windowId + " in the corpus's windows");
    }

    return index;
  }

  int start(int index) {
    return starts[index];
  }

  int end(int index) {
    return starts[index + 1];
  }

  int token(int place) {
    return tokens[place];
  }

  long count(int place) {
    return counts[place];
  }

  private static final class Builder {
    private long[] windowIds = new long[1024];
    private int[] starts = new int[1024];
    private int[] tokens = new int[1024];
    private long[] counts = new long[1024];
    private int windows;
    private int places;

    private void add(Entry entry) {
      if (windows + 1 >= starts.length) {
        windowIds = Arrays.copyOf(windowIds, 2 * windows + 2);
        starts = Arrays.copyOf(starts, 2 * windows + 2);
      }

      if (places + entry.tokens.length > tokens.length) {
        int grown = Math.max(2 * tokens.length, places + entry.tokens.length);
        tokens = Arrays.copyOf(tokens, grown);
        counts = Arrays.copyOf(counts, grown);
      }

      windowIds[windows] = entry.windowId;
      System.arraycopy(entry.tokens, 0, tokens, places, entry.tokens.length);
      System.arraycopy(entry.counts, 0, counts, places, entry.counts.length);
      windows++;
      places += entry.tokens.length;
      starts[windows] = places;
    }

    private NextTokens build() {
      return new NextTokens(
          Arrays.copyOf(windowIds, windows),
          Arrays.copyOf(starts, windows + 1),
          Arrays.copyOf(tokens, places),
          Arrays.copyOf(counts, places));
    }
  }

  /** One window. A bean for Spark's encoder. */
  public static final class Entry implements Serializable {
    private static final long serialVersionUID = 1L;

    private long windowId;
    private int[] tokens;
    private long[] counts;

    public long getWindowId() {
      return windowId;
    }

    public void setWindowId(long windowId) {
      this.windowId = windowId;
    }

    public int[] getTokens() {
      return tokens;
    }

    public void setTokens(int[] tokens) {
      this.tokens = tokens;
    }

    public long[] getCounts() {
      return counts;
    }

    public void setCounts(long[] counts) {
      this.counts = counts;
    }
  }
}
