/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.activation;

import static org.apache.spark.sql.functions.col;

import java.io.Serializable;
import java.util.Arrays;
import java.util.List;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/**
 * The ids that windows of one corpus have in another one, compact enough to broadcast: 16 bytes a
 * window.
 */
public final class WindowIds implements Serializable {
  private static final long serialVersionUID = 1L;

  /** What {@link #find} says of a window that the other corpus has not. */
  public static final long NONE = -1;

  private final long[] here; // ascending
  private final long[] there;

  private WindowIds(long[] here, long[] there) {
    this.here = here;
    this.there = there;
  }

  /**
   * Pairs of ids of the windows that two corpora share, by their tokens.
   *
   * @param windows rows of the table windows of one corpus
   * @param others rows of the table windows of another, cut alike
   * @return columns {@code window_id} and {@code other_id}
   */
  public static Dataset<Row> shared(Dataset<Row> windows, Dataset<Row> others) {
    return windows
        .select("token_ids", "window_id")
        .join(others.select(col("token_ids"), col("window_id").as("other_id")), "token_ids")
        .select("window_id", "other_id");
  }

  /**
   * Collects to the driver.
   *
   * @param pairs columns {@code window_id} and {@code other_id}
   */
  public static WindowIds collect(Dataset<Row> pairs) {
    List<Row> rows = pairs.select("window_id", "other_id").sort("window_id").collectAsList();
    long[] here = new long[rows.size()];
    long[] there = new long[rows.size()];
    for (int i = 0; i < here.length; i++) {
      here[i] = rows.get(i).getLong(0);
      there[i] = rows.get(i).getLong(1);
    }

    return new WindowIds(here, there);
  }

  public int size() {
    return here.length;
  }

  /** A window's id in the other corpus, or {@link #NONE}. */
  public long find(long windowId) {
    int index = Arrays.binarySearch(here, windowId);
    return index < 0 ? NONE : there[index];
  }
}
