/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.baseline;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.collect_list;
import static org.apache.spark.sql.functions.count;
import static org.apache.spark.sql.functions.count_if;
import static org.apache.spark.sql.functions.element_at;
import static org.apache.spark.sql.functions.explode;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.sequence;
import static org.apache.spark.sql.functions.size;
import static org.apache.spark.sql.functions.slice;
import static org.apache.spark.sql.functions.struct;
import static org.apache.spark.sql.functions.sum;
import static org.apache.spark.sql.functions.transform;
import static org.apache.spark.sql.functions.when;

import dev.kindred.table.Tables;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.storage.StorageLevel;

/**
 * What follows the last k tokens of the corpus's windows, for every k: the same places of the
 * corpus that similar strings are looked for in, so an n-gram model has no more evidence than they
 * have. The first windowLength - 1 tokens of a document end no window.
 *
 * <p>The counts of all suffixes are kept by Spark until this is closed.
 */
public final class SuffixCounts implements AutoCloseable {
  private static final int NOTHING = -1; // precedes a whole window

  private final int windowLength;
  private final Dataset<Row> grams; // suffix, token, count, preceding

  /**
   * Counts when asked.
   *
   * @param windows rows of {@link Tables#WINDOWS} of one corpus
   */
  public SuffixCounts(Dataset<Row> windows, int windowLength) {
    this.windowLength = windowLength;
    this.grams =
        windows
            .select(
                col("token_ids"), explode(col("next_tokens")).as(new String[] {"token", "count"}))
            .select(
                col("token_ids"),
                col("token"),
                col("count"),
                explode(sequence(lit(0), lit(windowLength))).as("length"))
            .select(
                suffix(col("token_ids"), col("length")).as("suffix"),
                when(col("length").equalTo(windowLength), NOTHING)
                    .otherwise(element_at(col("token_ids"), lit(windowLength).minus(col("length"))))
                    .as("preceding"),
                col("token"),
                col("count"))
            .groupBy("suffix", "preceding", "token")
            .agg(sum("count").as("count"))
            .groupBy("suffix", "token")
            .agg(sum("count").as("count"), count(lit(1)).as("preceding"))
            .persist(StorageLevel.MEMORY_AND_DISK());
  }

  int windowLength() {
    return windowLength;
  }

  /**
   * Counts for prompts.
   *
   * @param rows prompt_id and suffixes: an array of (length, grams) for all suffixes of one token
   *     or more, where grams is an array of (token, count, preceding): how often the token follows,
   *     and after how many distinct tokens before the suffix. A suffix that is not in the corpus is
   *     missing, as is a prompt without any; order is arbitrary
   * @param reader of these rows
   */
  record OfPrompts(Dataset<Row> rows, Reader reader) {}

  /**
   * Makes statistics of a prompt's suffixes.
   *
   * @param afterNoToken the suffix of no token, which all prompts share
   */
  record Reader(List<Row> afterNoToken, int windowLength) implements Serializable {
    private static final long serialVersionUID = 1L;

    /** Makes the statistics of one prompt from its suffixes; null stands for no suffixes. */
    SuffixStatistics statistics(List<Row> suffixes) {
      List<Row> all = new ArrayList<>(afterNoToken);
      all.addAll(suffixes == null ? List.of() : suffixes);
      return SuffixStatistics.of(all, windowLength);
    }
  }

  /**
   * Counts for every prompt; those after no token at once.
   *
   * @param prompts rows of {@link Tables#PROMPTS}
   */
  OfPrompts ofPrompts(Dataset<Row> prompts) {
    Dataset<Row> suffixes =
        prompts.select(col("prompt_id"), explode(suffixes(col("token_ids"))).as("suffix"));
    Dataset<Row> ofSuffixes = bySuffix(grams.join(suffixes.select("suffix").distinct(), "suffix"));
    Dataset<Row> rows =
        suffixes
            .join(ofSuffixes, "suffix")
            .groupBy("prompt_id")
            .agg(
                collect_list(struct(size(col("suffix")).as("length"), col("grams")))
                    .as("suffixes"));
    List<Row> afterNoToken =
        bySuffix(grams.where(size(col("suffix")).equalTo(0)))
            .select(lit(0).as("length"), col("grams"))
            .collectAsList();
    return new OfPrompts(rows, new Reader(List.copyOf(afterNoToken), windowLength));
  }

  private static Dataset<Row> bySuffix(Dataset<Row> grams) {
    return grams
        .groupBy("suffix")
        .agg(collect_list(struct("token", "count", "preceding")).as("grams"));
  }

  /**
   * How many n-grams there are of each count, for discounts: of how often they stand, and of after
   * how many distinct tokens; a whole window's is not counted so.
   *
   * @return length of the suffix, and n1 to n4 by occurrences, then n1 to n4 by preceding tokens
   */
  Dataset<Row> countsOfCounts() {
    Column[] numbers = new Column[8];
    for (int i = 0; i < 4; i++) {
      numbers[i] = count_if(col("count").equalTo(i + 1)).as("n" + (i + 1));
      numbers[i + 4] = count_if(col("preceding").equalTo(i + 1)).as("preceding_n" + (i + 1));
    }

    return grams
        .groupBy(size(col("suffix")).as("length"))
        .agg(numbers[0], Arrays.copyOfRange(numbers, 1, numbers.length));
  }

  /** The last 1, 2, .., windowLength tokens. */
  private Column suffixes(Column tokens) {
    return transform(sequence(lit(1), lit(windowLength)), length -> suffix(tokens, length));
  }

  private Column suffix(Column tokens, Column length) {
    return slice(tokens, lit(windowLength + 1).minus(length), length);
  }

  @Override
  public void close() {
    grams.unpersist();
  }
}
