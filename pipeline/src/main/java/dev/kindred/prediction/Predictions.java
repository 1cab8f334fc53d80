/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.prediction;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.element_at;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.posexplode;

import dev.kindred.activation.TreeBatches;
import dev.kindred.activation.TreeBatches.Sequence;
import dev.kindred.math.Vectors;
import dev.kindred.model.Blocks;
import dev.kindred.model.DistinctSequences;
import dev.kindred.model.GpuTasks;
import dev.kindred.model.LanguageModel;
import dev.kindred.model.files.LoadedModels;
import dev.kindred.model.files.ModelDirectory;
import dev.kindred.table.Tables;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;

/**
 * The model's own view of the prompts: next-token distribution and vectors of blocks, from one
 * forward pass over each distinct prefix of a batch. Batches, and so the numbers, are those of
 * {@link TreeBatches}.
 */
public final class Predictions {
  private Predictions() {}

  /**
   * Evaluates the model. Sorts the prompts' tokens at once, and runs the model when the result is
   * asked for.
   *
   * @param prompts rows of {@link Tables#PROMPTS} of one prompt set
   * @param batchSize prompts that a task evaluates at once
   * @param partitions tasks to cut the work into
   * @return one row a prompt: prompt_id, probabilities, and ffn_outs, an array a chosen block
   */
  public static Dataset<Row> compute(
      Dataset<Row> prompts, Broadcast<ModelDirectory> model, int batchSize, int partitions) {
    Dataset<Sequence> sequences =
        TreeBatches.cut(
            prompts.select(
                col("prompt_id").cast("bigint").as("id"), col("token_ids").as("tokenIds")),
            batchSize,
            partitions);
    return GpuTasks.mapPartitions(
            sequences, new Evaluate(model, batchSize), Encoders.bean(Prediction.class))
        .select(
            col("promptId").as("prompt_id"), col("probabilities"), col("ffnOuts").as("ffn_outs"));
  }

  /**
   * Rows with the file columns of {@link Tables#PROMPT_ACTIVATIONS} and block, in no order.
   *
   * @param blocks that the model was evaluated for
   */
  public static Dataset<Row> activations(Dataset<Row> evaluated, Blocks blocks) {
    Column numbers = lit(blocks.numbers().toArray(Integer[]::new));
    return evaluated
        .select(col("prompt_id"), posexplode(col("ffn_outs")))
        .select(
            element_at(numbers, col("pos").plus(1)).as("block"),
            col("prompt_id"),
            col("col").as("ffn_out"));
  }

  private static final class Evaluate implements MapPartitionsFunction<Sequence, Prediction> {
    private static final long serialVersionUID = 1L;

    private final Broadcast<ModelDirectory> directory;
    private final int batchSize;

    private Evaluate(Broadcast<ModelDirectory> directory, int batchSize) {
      this.directory = directory;
      this.batchSize = batchSize;
    }

    @Override
    public Iterator<Prediction> call(Iterator<Sequence> prompts) {
      LanguageModel model = LoadedModels.get(directory.value());
      Iterator<List<Sequence>> batches = TreeBatches.batches(prompts, batchSize);
      return new Iterator<>() {
        private Iterator<Prediction> evaluated = Collections.emptyIterator();

        @Override
        public boolean hasNext() {
          return evaluated.hasNext() || batches.hasNext();
        }

        @Override
        public Prediction next() {
          if (!evaluated.hasNext()) {
            evaluated = evaluate(model, directory.value(), batches.next()).iterator();
          }

          return evaluated.next();
        }
      };
    }

    private static List<Prediction> evaluate(
        LanguageModel model, ModelDirectory directory, List<Sequence> batch) {
      DistinctSequences sequences =
          DistinctSequences.of(batch.stream().map(Sequence::getTokenIds).toArray(int[][]::new));
      int[] leaves = sequences.leaves();
      LanguageModel.Predictions found = model.predict(directory.vectors(), sequences.tree());
      float[][] vectors = directory.blocks().of(found.vectors());
      List<Prediction> predictions = new ArrayList<>(leaves.length);
      for (int i = 0; i < leaves.length; i++) {
        Prediction prediction = new Prediction();
        prediction.promptId = (int) batch.get(i).getId();
        prediction.probabilities =
            Vectors.row(found.probabilities(), leaves[i], model.shape().vocabularySize());
        prediction.ffnOuts = new float[vectors.length][];
        for (int block = 0; block < vectors.length; block++) {
          prediction.ffnOuts[block] =
              Vectors.row(vectors[block], leaves[i], model.shape().modelDimension());
        }

        predictions.add(prediction);
      }

      return predictions;
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
