/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.evaluation;

import static org.apache.spark.sql.functions.col;

import dev.kindred.math.Hellinger;
import dev.kindred.table.StoredVectors;
import dev.kindred.table.Tables;
import org.apache.spark.api.java.function.MapFunction;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/** How far two models' predictions of the same prompts are from each other. */
public final class ModelDistances {
  private ModelDistances() {}

  /**
   * Measures the Hellinger distance of every prompt's two distributions, and compares their most
   * probable tokens.
   *
   * @param predictions rows of {@link Tables#PREDICTIONS} of one model and prompt set
   * @param alternates the same of another model with the same tokens
   * @return rows with the file columns of {@link Tables#MODEL_DISTANCES}, by prompt
   */
  public static Dataset<Row> measure(Dataset<Row> predictions, Dataset<Row> alternates) {
    return predictions
        .select(col("prompt_id"), col("probabilities").as("model"))
        .join(
            alternates.select(col("prompt_id"), col("probabilities").as("alternate")), "prompt_id")
        .map(
            (MapFunction<Row, Row>)
                pair -> {
                  double[] model = StoredVectors.doubles(pair, 1);
                  double[] alternate = StoredVectors.doubles(pair, 2);
                  return Tables.MODEL_DISTANCES.row(
                      pair.getInt(0),
                      Hellinger.distance(model, alternate),
                      Distances.top(model) == Distances.top(alternate));
                },
            Tables.MODEL_DISTANCES.encoder())
        .sort("prompt_id");
  }
}
