/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.prediction;

import dev.kindred.table.Tables;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/** Predictions with probabilities that a test says. */
public final class DensePredictions {
  private DensePredictions() {}

  /** Makes predictions of prompts 0, 1, .., the last one first. */
  public static ModelPredictions of(SparkSession spark, List<float[]> probabilities) {
    List<Row> rows = new ArrayList<>();
    for (int prompt = probabilities.size() - 1; prompt >= 0; prompt--) {
      rows.add(row(prompt, probabilities.get(prompt)));
    }

    return ModelPredictions.dense(Tables.PREDICTIONS.rows(spark, rows));
  }

  /** Makes a row with the file columns of predictions. */
  public static Row row(int prompt, float[] probabilities) {
    return Tables.PREDICTIONS.row(prompt, probabilities, null, null, null, null, null);
  }
}
