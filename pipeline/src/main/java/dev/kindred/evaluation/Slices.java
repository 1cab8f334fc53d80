/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.evaluation;

import static org.apache.spark.sql.functions.array_max;
import static org.apache.spark.sql.functions.coalesce;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.concat;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.sum;
import static org.apache.spark.sql.functions.when;

import dev.kindred.table.Tables;
import java.util.List;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/** Kinds of prompts, for figures of each kind alone. Every prompt is in one slice of each kind. */
public final class Slices {
  /** Kinds, which are the columns of {@link #of} beside prompt_id. */
  public static final List<String> KINDS =
      List.of("split", "confidence", "similar_strings", "occurrences");

  private Slices() {}

  /**
   * Sorts prompts into slices:
   *
   * <ul>
   *   <li>{@code split.inside|outside}: whether the prompt occurs within the corpus's first tokens,
   *       which a model is trained on
   *   <li>{@code confidence.below_50|from_50|from_90|from_99}: probability of the model's top
   *       token, in percent
   *   <li>{@code similar_strings.below_100|from_100|from_1000|from_10000}: of all blocks together
   *   <li>{@code occurrences.none|once|from_2|from_10}: of the prompt in the corpus
   * </ul>
   *
   * @param prompts rows of {@link Tables#PROMPTS} of one prompt set
   * @param windows rows of {@link Tables#WINDOWS} of the corpus
   * @param predictions rows of {@link Tables#PREDICTIONS} of the model and prompt set
   * @param blockDistributions rows of {@link Tables#BLOCK_DISTRIBUTIONS} of the run
   * @param trainTokens how many of the corpus's tokens are for training
   * @return prompt_id and, for each kind, the name of the prompt's slice
   */
  public static Dataset<Row> of(
      Dataset<Row> prompts,
      Dataset<Row> windows,
      Dataset<Row> predictions,
      Dataset<Row> blockDistributions,
      int windowLength,
      long trainTokens) {
    Dataset<Row> similar =
        blockDistributions.groupBy("prompt_id").agg(sum("similar_count").as("similar_count"));
    Column occurrences = coalesce(col("occurrences"), lit(0L));
    return prompts
        .select("prompt_id", "window_id")
        .join(windows.select("window_id", "occurrences"), new String[] {"window_id"}, "left")
        .join(
            predictions.select(
                col("prompt_id"),
                coalesce(array_max(col("probabilities")), col("top_probabilities").getItem(0))
                    .as("top")),
            "prompt_id")
        .join(similar, "prompt_id")
        .select(
            col("prompt_id"),
            // A window's id is the position of its first occurrence: the others come later.
            when(col("window_id").plus(windowLength).leq(trainTokens), "split.inside")
                .otherwise("split.outside")
                .as("split"),
            from("confidence", col("top").multiply(100), 50, 90, 99).as("confidence"),
            from("similar_strings", col("similar_count"), 100, 1000, 10_000).as("similar_strings"),
            when(occurrences.equalTo(0), "occurrences.none")
                .when(occurrences.equalTo(1), "occurrences.once")
                .otherwise(
                    when(occurrences.lt(10), "occurrences.from_2").otherwise("occurrences.from_10"))
                .as("occurrences"));
  }

  private static Column from(String kind, Column value, int... bounds) {
    Column name = lit("below_" + bounds[0]);
    for (int bound : bounds) {
      name = when(value.geq(bound), "from_" + bound).otherwise(name);
    }

    return concat(lit(kind + "."), name);
  }
}
