/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.corpus;

import static org.apache.spark.sql.functions.broadcast;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.expr;

import dev.kindred.table.Tables;
import java.util.Locale;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/** Windows in their lines of the corpus: what stands before and after them in their documents. */
public final class Contexts {
  private Contexts() {}

  /**
   * The places of some windows, with what stands around them.
   *
   * @param windowIds rows with a window_id, few enough to broadcast
   * @param occurrences rows of {@link Tables#OCCURRENCES}
   * @param passages rows of {@link Tables#PASSAGES}
   * @param windowLength tokens in a window
   * @param around tokens before and after a window, at most
   * @param places of a window, at most: the first
   * @return rows with window_id, position (of the first token in the corpus), document,
   *     document_position (of the same in the document), and before and after, token ids
   */
  public static Dataset<Row> of(
      Dataset<Row> windowIds,
      Dataset<Row> occurrences,
      Dataset<Row> passages,
      int windowLength,
      int around,
      int places) {
    Dataset<Row> wanted =
        occurrences
            .join(broadcast(windowIds.distinct()), new String[] {"window_id"}, "right")
            .select(
                col("window_id"),
                expr(
                    String.format(
                        Locale.ROOT,
                        "explode(slice(coalesce(positions, array(window_id)), 1, %d)) as position",
                        places)))
            .withColumn(
                "passage",
                expr(
                    String.format(
                        Locale.ROOT,
                        "explode(sequence(greatest(0, position - %1$d) div %3$d,"
                            + " (position + %2$d) div %3$d))",
                        around,
                        windowLength + around - 1,
                        Passages.TOKENS)));
    return passages
        .join(broadcast(wanted), "passage")
        .groupBy("window_id", "position")
        .agg(
            expr(
                "array_sort(collect_list(struct(first_position,"
                    + " first_position - document_position as start, document, token_ids)))"
                    + " as near"))
        // Of the passages near the place those of its document count.
        .withColumn(
            "own",
            expr(
                "element_at(filter(near, p -> position >= p.first_position"
                    + " and position < p.first_position + size(p.token_ids)), 1)"))
        .withColumn("near", expr("filter(near, p -> p.start = own.start)"))
        .withColumn("tokens", expr("flatten(near.token_ids)"))
        .withColumn("place", expr("int(position - near[0].first_position)"))
        .select(
            col("window_id"),
            col("position"),
            col("own.document").as("document"),
            expr("position - own.start as document_position"),
            expr(
                String.format(
                    Locale.ROOT,
                    "slice(tokens, greatest(0, place - %1$d) + 1, least(place, %1$d)) as before",
                    around)),
            expr(
                String.format(
                    Locale.ROOT,
                    "slice(tokens, place + %d, %d) as after",
                    windowLength + 1,
                    around)));
  }
}
