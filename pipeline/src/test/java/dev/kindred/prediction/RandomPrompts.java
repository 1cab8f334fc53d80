/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.prediction;

import dev.kindred.model.files.ModelDirectory;
import dev.kindred.table.Tables;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/** Prompts of random tokens, and what models predict after them in either form. */
public final class RandomPrompts {
  private RandomPrompts() {}

  /** Returns ten tokens of a prompt. */
  public static int[] tokens(int prompt) {
    return new Random(prompt).ints(10, 0, 40).toArray();
  }

  /** Makes rows with the file columns of prompts. */
  public static Dataset<Row> rows(SparkSession spark, int prompts) {
    List<Row> rows = new ArrayList<>();
    for (int prompt = 0; prompt < prompts; prompt++) {
      rows.add(Tables.PROMPTS.row(prompt, tokens(prompt), "", null));
    }

    return Tables.PROMPTS.rows(spark, rows);
  }

  /**
   * Evaluates a model.
   *
   * @param mostDense the most tokens of a vocabulary of which all probabilities are kept
   */
  public static ModelPredictions predictions(
      SparkSession spark, ModelDirectory model, int prompts, int mostDense, int partitions) {
    Broadcast<ModelDirectory> onExecutors = model.onExecutors(spark);
    Dataset<Row> rows =
        Tables.PREDICTIONS.conform(
            Predictions.compute(
                rows(spark, prompts).select("prompt_id", "token_ids"),
                onExecutors,
                100,
                partitions,
                mostDense));
    return new ModelPredictions(rows, new ModelPredictions.Reader(onExecutors));
  }
}
