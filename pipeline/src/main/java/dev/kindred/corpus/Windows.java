/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.corpus;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.element_at;
import static org.apache.spark.sql.functions.expr;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.sum;

import dev.kindred.InvalidInput;
import dev.kindred.table.Tables;
import java.util.Arrays;
import java.util.Locale;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.api.java.UDF1;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.DataTypes;
import scala.collection.Seq;

/**
 * Every distinct window of a corpus, with its occurrences and next-token counts.
 *
 * <p>A window never crosses a document, and a document's last window has no next token.
 */
public final class Windows {
  /** Positions whose windows make up a partition, and so a file, at most. */
  private static final int POSITIONS_PER_PARTITION = 1 << 19;

  private Windows() {}

  /**
   * Extracts the windows.
   *
   * <p>What is read is compared with the scan; a corpus that changed is an {@link InvalidInput} of
   * the job that reads the result.
   *
   * @param scan of the same corpus, tokenizer and window length
   * @return rows of {@link Tables#WINDOWS}, in the order of their window ids
   */
  public static Dataset<Row> extract(
      SparkSession spark, Corpus corpus, CorpusScan scan, String tokenizerJson, int windowLength) {
    return of(
        WindowCounts.of(spark, corpus, scan, tokenizerJson, windowLength, 1), scan, tokenizerJson);
  }

  /**
   * How often each token is the last one of a window: of a corpus's tokens, all that have enough
   * others before them in their document.
   *
   * @param windows rows of {@link Tables#WINDOWS} of one corpus
   * @param vocabularySize V
   * @return V counts, by token id
   */
  public static long[] tokenCounts(Dataset<Row> windows, int vocabularySize) {
    long[] counts = new long[vocabularySize];
    windows
        .groupBy(element_at(col("token_ids"), -1))
        .agg(sum("occurrences"))
        .collectAsList()
        .forEach(row -> counts[row.getInt(0)] = row.getLong(1));
    return counts;
  }

  /**
   * The windows of counts.
   *
   * @param counts of {@link WindowCounts#of}
   * @param scan of the corpus that was counted
   * @return rows of {@link Tables#WINDOWS}, in the order of their window ids
   */
  public static Dataset<Row> of(Dataset<Row> counts, CorpusScan scan, String tokenizerJson) {
    return inOrder(counts.withColumn("window_id", col("positions").getItem(0)), scan)
        .withColumn("corpus_id", lit(scan.corpusId()))
        .withColumn("text", decode(tokenizerJson, "token_ids"))
        .select(columns());
  }

  /**
   * Rows in the order of their column window_id. Ranges of positions are known beforehand; a sort
   * of the whole would compute the windows twice, first to sample them.
   */
  static Dataset<Row> inOrder(Dataset<Row> rows, CorpusScan scan) {
    int partitions = (int) (scan.tokens() / POSITIONS_PER_PARTITION + 1);
    String partition = String.format(Locale.ROOT, "int(window_id div %d)", POSITIONS_PER_PARTITION);
    return rows.repartitionById(partitions, expr(partition)).sortWithinPartitions("window_id");
  }

  private static org.apache.spark.sql.Column[] columns() {
    return Arrays.stream(Tables.WINDOWS.columns().fieldNames())
        .map(functions::col)
        .toArray(org.apache.spark.sql.Column[]::new);
  }

  /** The text of a column of token ids. */
  static org.apache.spark.sql.Column decode(String tokenizerJson, String tokenIds) {
    return functions
        .udf(
            (UDF1<Seq<Integer>, String>)
                tokens -> {
                  int[] ids = new int[tokens.size()];
                  for (int i = 0; i < ids.length; i++) {
                    ids[i] = tokens.apply(i);
                  }

                  return Tokenizer.of(tokenizerJson).text(ids);
                },
            DataTypes.StringType)
        .apply(col(tokenIds));
  }
}
