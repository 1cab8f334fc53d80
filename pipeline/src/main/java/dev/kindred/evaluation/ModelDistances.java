/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.evaluation;

import dev.kindred.math.Hellinger;
import dev.kindred.prediction.ModelPredictions;
import dev.kindred.prediction.NextTokenDistribution;
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
   * @param predictions of one model and prompt set
   * @param alternates the same of another model with the same tokens
   * @return rows with the file columns of {@link Tables#MODEL_DISTANCES}, by prompt
   */
  public static Dataset<Row> measure(ModelPredictions predictions, ModelPredictions alternates) {
    ModelPredictions.Reader ofModel = predictions.reader();
    ModelPredictions.Reader ofAlternate = alternates.reader();
    return predictions
        .columns()
        .join(
            alternates.columns().withColumnRenamed(ModelPredictions.PREDICTION, "alternate"),
            "prompt_id")
        .sort("prompt_id") // before the measuring, as a sort reads its rows twice
        .map(
            (MapFunction<Row, Row>)
                pair -> {
                  NextTokenDistribution model = ofModel.read(pair, 1);
                  NextTokenDistribution alternate = ofAlternate.read(pair, 2);
                  return Tables.MODEL_DISTANCES.row(
                      pair.getInt(0),
                      Hellinger.distance(model.dense(), alternate.dense()),
                      model.top(1)[0] == alternate.top(1)[0]);
                },
            Tables.MODEL_DISTANCES.encoder());
  }
}
