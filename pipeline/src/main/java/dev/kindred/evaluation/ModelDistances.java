/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.evaluation;

import static org.apache.spark.sql.functions.col;

import dev.kindred.table.Tables;
import java.io.Serializable;
import java.util.stream.IntStream;
import org.apache.spark.api.java.function.MapFunction;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import scala.Tuple2;

/** How far two models' predictions of the same prompts are from each other. */
public final class ModelDistances {
  private ModelDistances() {}

  /**
   * Measures the Hellinger distance of every prompt's two distributions.
   *
   * @param predictions rows of {@link Tables#PREDICTIONS} of one model and prompt set
   * @param alternates the same of another model with the same tokens
   * @return rows with the file columns of {@link Tables#MODEL_DISTANCES}, by prompt
   */
  public static Dataset<Row> measure(Dataset<Row> predictions, Dataset<Row> alternates) {
    return predictions
        .select(col("prompt_id").as("promptId"), col("probabilities").as("model"))
        .join(
            alternates.select(
                col("prompt_id").as("promptId"), col("probabilities").as("alternate")),
            "promptId")
        .as(Encoders.bean(Pair.class))
        .map(
            (MapFunction<Pair, Tuple2<Integer, Double>>)
                pair ->
                    new Tuple2<>(
                        pair.promptId,
                        Hellinger.distance(doubles(pair.model), doubles(pair.alternate))),
            Encoders.tuple(Encoders.INT(), Encoders.DOUBLE()))
        .toDF("prompt_id", "hellinger")
        .sort("prompt_id");
  }

  private static double[] doubles(float[] values) {
    return IntStream.range(0, values.length).mapToDouble(i -> values[i]).toArray();
  }

  /** A prompt's two distributions. A bean for Spark's encoder. */
  public static final class Pair implements Serializable {
    private static final long serialVersionUID = 1L;

    private int promptId;
    private float[] model;
    private float[] alternate;

    public int getPromptId() {
      return promptId;
    }

    public void setPromptId(int promptId) {
      this.promptId = promptId;
    }

    public float[] getModel() {
      return model;
    }

    public void setModel(float[] model) {
      this.model = model;
    }

    public float[] getAlternate() {
      return alternate;
    }

    public void setAlternate(float[] alternate) {
      this.alternate = alternate;
    }
  }
}
