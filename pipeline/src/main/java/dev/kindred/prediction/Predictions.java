/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.prediction;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.floor;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.posexplode;

import dev.kindred.activation.Vectors;
import dev.kindred.model.LanguageModel;
import dev.kindred.model.LoadedModels;
import dev.kindred.model.ModelDirectory;
import dev.kindred.table.Tables;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;

/**
 * The model's own view of the prompts: next-token distribution and FFN outputs, from one forward
 * pass.
 *
 * <p>Batches are ranges of prompt ids, the same whatever the partitions.
 */
public final class Predictions {
  private static final int BATCH = 256;

  private Predictions() {}

  /**
   * Evaluates the model.
   *
   * @param prompts rows of {@link Tables#PROMPTS} of one prompt set
   * @return one row a prompt: prompt_id, probabilities, and ffn_outs, an array of n_layers arrays
   */
  public static Dataset<Row> compute(
      Dataset<Row> prompts, Broadcast<ModelDirectory> model, int partitions) {
    return prompts
        .select(col("prompt_id").as("promptId"), col("token_ids").as("tokenIds"))
        .repartitionByRange(partitions, floor(col("promptId").divide(lit(BATCH))))
        .sortWithinPartitions(col("promptId"))
        .as(Encoders.bean(Prompt.class))
        .mapPartitions(new Evaluate(model), Encoders.bean(Prediction.class))
        .select(
            col("promptId").as("prompt_id"), col("probabilities"), col("ffnOuts").as("ffn_outs"));
  }

  /** Rows with the file columns of {@link Tables#PROMPT_ACTIVATIONS} and block. */
  public static Dataset<Row> activations(Dataset<Row> evaluated) {
    return evaluated
        .select(col("prompt_id"), posexplode(col("ffn_outs")))
        .select(col("pos").as("block"), col("prompt_id"), col("col").as("ffn_out"))
        .sortWithinPartitions(col("block"), col("prompt_id"));
  }

  private static final class Evaluate implements MapPartitionsFunction<Prompt, Prediction> {
    private static final long serialVersionUID = 1L;

    private final Broadcast<ModelDirectory> directory;

    private Evaluate(Broadcast<ModelDirectory> directory) {
      this.directory = directory;
    }

    @Override
    public Iterator<Prediction> call(Iterator<Prompt> prompts) {
      LanguageModel model = LoadedModels.get(directory.value());
      List<Prediction> predictions = new ArrayList<>();
      List<Prompt> batch = new ArrayList<>();
      while (prompts.hasNext()) {
        Prompt prompt = prompts.next();
        if (!batch.isEmpty() && batch.get(0).promptId / BATCH != prompt.promptId / BATCH) {
          predictions.addAll(evaluate(model, batch));
          batch.clear();
        }

        batch.add(prompt);
      }

      if (!batch.isEmpty()) {
        predictions.addAll(evaluate(model, batch));
      }

      return predictions.iterator();
    }

    private static List<Prediction> evaluate(LanguageModel model, List<Prompt> batch) {
      LanguageModel.Predictions found =
          model.predict(batch.stream().map(Prompt::getTokenIds).toArray(int[][]::new));
      int blocks = found.ffnOutputs().length;
      List<Prediction> predictions = new ArrayList<>(batch.size());
      for (int i = 0; i < batch.size(); i++) {
        Prediction prediction = new Prediction();
        prediction.promptId = batch.get(i).promptId;
        prediction.probabilities =
            Vectors.row(found.probabilities(), i, model.shape().vocabularySize());
        prediction.ffnOuts = new float[blocks][];
        for (int block = 0; block < blocks; block++) {
          prediction.ffnOuts[block] =
              Vectors.row(found.ffnOutputs()[block], i, model.shape().modelDimension());
        }

        predictions.add(prediction);
      }

      return predictions;
    }
  }

  /** A prompt to evaluate. A bean for Spark's encoder. */
  public static final class Prompt implements Serializable {
    private static final long serialVersionUID = 1L;

    private int promptId;
    private int[] tokenIds;

    public int getPromptId() {
      return promptId;
    }

    public void setPromptId(int promptId) {
      this.promptId = promptId;
    }

    public int[] getTokenIds() {
      return tokenIds;
    }

    public void setTokenIds(int[] tokenIds) {
      this.tokenIds = tokenIds;
    }
  }

  /** What the model makes of a prompt. A bean for Spark's encoder. */
  public static final class Prediction implements Serializable {
    private static final long serialVersionUID = 1L;

    private int promptId;
    private float[] probabilities;
    private float[][] ffnOuts;

    public int getPromptId() {
      return promptId;
    }

    public void setPromptId(int promptId) {
      this.promptId = promptId;
    }

    public float[] getProbabilities() {
      return probabilities;
    }

    public void setProbabilities(float[] probabilities) {
      this.probabilities = probabilities;
    }

    public float[][] getFfnOuts() {
      return ffnOuts;
    }

    public void setFfnOuts(float[][] ffnOuts) {
      this.ffnOuts = ffnOuts;
    }
  }
}
