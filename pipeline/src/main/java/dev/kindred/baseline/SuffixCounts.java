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
   * Counts for every prompt.
   *
   * @param prompts rows of {@link Tables#PROMPTS}
   * @return prompt_id and suffixes: an array of (length, grams), where grams is an array of (token,
   *     count, preceding): how often the token follows, and after how many distinct tokens before
   *     the suffix. A suffix that is not in the corpus is missing; order is arbitrary
   */
  Dataset<Row> ofPrompts(Dataset<Row> prompts) {
    Dataset<Row> suffixes =
        prompts.select(col("prompt_id"), explode(suffixes(col("token_ids"))).as("suffix"));
    Dataset<Row> ofSuffixes =
        grams
            .join(suffixes.select("suffix").distinct(), "suffix")
            .groupBy("suffix")
            .agg(collect_list(struct("token", "count", "preceding")).as("grams"));
    return suffixes
        .join(ofSuffixes, "suffix")
        .groupBy("prompt_id")
        .agg(collect_list(struct(size(col("suffix")).as("length"), col("grams"))).as("suffixes"));
  }

  /**
   * How many n-grams there are of each count, for discounts. The count of a whole window with its
   * next token is how often it stands; that of a shorter suffix with its next token is after how
   * many distinct tokens.
   *
   * @return length of the suffix, and n1 to n4
   */
  Dataset<Row> countsOfCounts() {
    Column length = size(col("suffix"));
    Column times = when(length.equalTo(windowLength), col("count")).otherwise(col("preceding"));
    Column[] numbers = new Column[4];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = count_if(times.equalTo(i + 1)).as("n" + (i + 1));
    }

    return grams.groupBy(length.as("length")).agg(numbers[0], numbers[1], numbers[2], numbers[3]);
  }

  /** The last 0, 1, .., windowLength tokens. */
  private Column suffixes(Column tokens) {
    return transform(sequence(lit(0), lit(windowLength)), length -> suffix(tokens, length));
  }

  private Column suffix(Column tokens, Column length) {
    return slice(tokens, lit(windowLength + 1).minus(length), length);
  }

  @Override
  public void close() {
    grams.unpersist();
  }
}
