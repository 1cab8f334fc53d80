/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.corpus;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.size;

import dev.kindred.table.Tables;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/**
 * Where windows stand that stand in more than one place. One that stands in one place is at its
 * window id.
 */
public final class Occurrences {
  private Occurrences() {}

  /**
   * The first places of windows.
   *
   * @param counts of {@link WindowCounts#of}
   * @param scan of the corpus that was counted
   * @return rows with the file columns of {@link Tables#OCCURRENCES}, in the order of window ids
   */
  public static Dataset<Row> of(Dataset<Row> counts, CorpusScan scan) {
    return Windows.inOrder(
            counts
                .where(size(col("positions")).gt(1))
                .select(col("positions").getItem(0).as("window_id"), col("positions")),
            scan)
        .select("window_id", "positions");
  }
}
