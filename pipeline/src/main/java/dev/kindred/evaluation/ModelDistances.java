/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.evaluation;

import static org.apache.spark.sql.functions.col;

import dev.kindred.math.Hellinger;
import dev.kindred.table.Tables;
import java.util.List;
import org.apache.spark.api.java.function.MapFunction;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;

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
                  double[] model = doubles(pair.getList(1));
                  double[] alternate = doubles(pair.getList(2));
                  return RowFactory.create(
                      pair.getInt(0),
                      Hellinger.distance(model, alternate),
                      Distances.top(model) == Distances.top(alternate));
                },
            Encoders.row(Tables.MODEL_DISTANCES.fileColumns()))
        .sort("prompt_id");
  }

  private static double[] doubles(List<Float> values) {
    return values.stream().mapToDouble(Float::doubleValue).toArray();
  }
}
