/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.prediction;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.explode;
import static org.apache.spark.sql.functions.sum;

import dev.kindred.table.Tables;
import java.io.Serializable;
import java.util.Arrays;
import java.util.Map;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/**
 * How often each token follows any string of a corpus, and once more, so that none has the
 * probability 0.
 */
public final class TokenFrequencies implements Serializable {
  private static final long serialVersionUID = 1L;

  private final long[] counts;
  private final long total;
  private final Map<Integer, Long> without;

  /**
   * @param counts [V], not negative
   */
  public TokenFrequencies(long[] counts) {
    this(counts, Arrays.stream(counts).sum(), Map.of());
  }

  private TokenFrequencies(long[] counts, long total, Map<Integer, Long> without) {
    this.counts = counts;
    this.total = total;
    this.without = without;
  }

  /**
   * Collects those of a corpus.
   *
   * @param windows rows of {@link Tables#WINDOWS}
   * @param vocabularySize V
   */
  public static TokenFrequencies of(Dataset<Row> windows, int vocabularySize) {
    long[] counts = new long[vocabularySize];
    windows
        .select(explode(col("next_tokens")).as(new String[] {"token", "count"}))
        .groupBy("token")
        .agg(sum("count"))
        .collectAsList()
        .forEach(row -> counts[row.getInt(0)] = row.getLong(1));
    return new TokenFrequencies(counts);
  }

  /** The same without what follows one string, which is a part of them. */
  public TokenFrequencies without(Map<Integer, Long> own) {
    return new TokenFrequencies(
        counts, total - own.values().stream().mapToLong(Long::longValue).sum(), own);
  }

  /** The probability of a token, above 0. */
  public double probability(int token) {
    return (counts[token] - without.getOrDefault(token, 0L) + 1.) / (total + counts.length);
  }
}
