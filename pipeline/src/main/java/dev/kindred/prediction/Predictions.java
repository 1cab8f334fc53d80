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
import dev.kindred.model.LogitMap;
import dev.kindred.model.files.LoadedModels;
import dev.kindred.model.files.ModelDirectory;
import dev.kindred.table.Tables;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.stream.IntStream;
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
   * @return one row a prompt: the file columns of {@link Tables#PREDICTIONS}, and ffn_outs, an
   *     array a chosen block, in the precision that vectors are kept in
   */
  public static Dataset<Row> compute(
      Dataset<Row> prompts, Broadcast<ModelDirectory> model, int batchSize, int partitions) {
    return compute(prompts, model, batchSize, partitions, ModelPredictions.MOST_DENSE);
  }

  /**
   * The same with another size of vocabulary.
   *
   * @param mostDense the most tokens of a vocabulary of which all probabilities are kept
   */
  static Dataset<Row> compute(
      Dataset<Row> prompts,
      Broadcast<ModelDirectory> model,
      int batchSize,
      int partitions,
      int mostDense) {
    Dataset<Sequence> sequences =
        TreeBatches.cut(
            prompts.select(
                col("prompt_id").cast("bigint").as("id"), col("token_ids").as("tokenIds")),
            batchSize,
            partitions);
    return GpuTasks.mapPartitions(
            sequences, new Evaluate(model, batchSize, mostDense), Encoders.bean(Prediction.class))
        .select(
            col("promptId").as("prompt_id"),
            col("probabilities"),
            col("finalVector").as("final_vector"),
            col("logNormalizer").as("log_normalizer"),
            col("rootSum").as("root_sum"),
            col("topTokens").as("top_tokens"),
            col("topProbabilities").as("top_probabilities"),
            col("ffnOuts").as("ffn_outs"));
  }

  /**
   * What a model makes of a prompt in this process.
   *
   * @param distribution of the next token
   * @param vectors one a chosen block, in the precision that vectors are kept in
   */
  public record Evaluated(NextTokenDistribution distribution, float[][] vectors) {}

  /**
   * Evaluates the model in this process, without Spark, with the batches and so the numbers of
   * {@link #compute}.
   *
   * @param prompts token ids of each
   * @param batchSize prompts that are evaluated at once
   * @return one a prompt
   */
  public static List<Evaluated> here(ModelDirectory directory, List<int[]> prompts, int batchSize) {
    List<Sequence> sequences = new ArrayList<>();
    for (int[] prompt : prompts) {
      Sequence sequence = new Sequence();
      sequence.setId(sequences.size());
      sequence.setTokenIds(prompt);
      sequences.add(sequence);
    }

    List<Sequence> sorted = new ArrayList<>(sequences);
    sorted.sort(
        Comparator.comparing(Sequence::getTokenIds, Arrays::compare)
            .thenComparingLong(Sequence::getId));
    LanguageModel model = LoadedModels.get(directory);
    Evaluated[] evaluated = new Evaluated[prompts.size()];
    for (int from = 0; from < sorted.size(); from += batchSize) {
      List<Sequence> batch = sorted.subList(from, Math.min(sorted.size(), from + batchSize));
      for (Prediction prediction : evaluate(directory, model, batch, ModelPredictions.MOST_DENSE)) {
        evaluated[prediction.promptId] =
            new Evaluated(prediction.distribution(directory), prediction.ffnOuts);
      }
    }

    return List.of(evaluated);
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

  private static List<Prediction> evaluate(
      ModelDirectory directory, LanguageModel model, List<Sequence> batch, int mostDense) {
    DistinctSequences sequences =
        DistinctSequences.of(batch.stream().map(Sequence::getTokenIds).toArray(int[][]::new));
    int[] leaves = sequences.leaves();
    List<Prediction> predictions = new ArrayList<>(leaves.length);
    for (Sequence sequence : batch) {
      Prediction prediction = new Prediction();
      prediction.promptId = (int) sequence.getId();
      predictions.add(prediction);
    }

    boolean isDense = model.shape().vocabularySize() <= mostDense;
    float[][] vectors =
        isDense
            ? dense(directory, model, sequences, predictions)
            : ends(directory, model, sequences, predictions);
    float[][] kept = directory.blocks().of(vectors);
    for (int i = 0; i < leaves.length; i++) {
      float[][] ofPrompt = new float[kept.length][];
      for (int block = 0; block < kept.length; block++) {
        ofPrompt[block] =
            directory
                .precision()
                .round(
                    Vectors.row(kept[block], leaves[i], model.shape().modelDimension()),
                    directory.vectors(),
                    directory.blocks().number(block));
      }

      predictions.get(i).ffnOuts = ofPrompt;
    }

    return predictions;
  }

  /** Fills in all probabilities; returns the vectors of blocks. */
  private static float[][] dense(
      ModelDirectory directory,
      LanguageModel model,
      DistinctSequences sequences,
      List<Prediction> predictions) {
    LanguageModel.Predictions found = model.predict(directory.vectors(), sequences.tree());
    int tokens = model.shape().vocabularySize();
    for (int i = 0; i < predictions.size(); i++) {
      predictions.get(i).probabilities =
          Vectors.row(found.probabilities(), sequences.leaves()[i], tokens);
    }

    return found.vectors();
  }

  /** Fills in the vectors that probabilities are made of; returns the vectors of blocks. */
  private static float[][] ends(
      ModelDirectory directory,
      LanguageModel model,
      DistinctSequences sequences,
      List<Prediction> predictions) {
    LanguageModel.Ends found = model.ends(directory.vectors(), sequences.tree());
    LogitMap map = LoadedModels.logitMap(directory);
    for (int from = 0; from < predictions.size(); from += ModelPredictions.AT_ONCE) {
      int to = Math.min(predictions.size(), from + ModelPredictions.AT_ONCE);
      float[][] vectors = new float[to - from][];
      for (int i = from; i < to; i++) {
        vectors[i - from] = Vectors.row(found.finalVectors(), sequences.leaves()[i], map.inputs());
      }

      LogitMap.Summary[] summaries = map.summaries(vectors);
      for (int i = from; i < to; i++) {
        LogitMap.Summary summary = summaries[i - from];
        Prediction prediction = predictions.get(i);
        prediction.finalVector = summary.finalVector();
        prediction.logNormalizer = summary.logNormalizer();
        prediction.rootSum = summary.rootSum();
        prediction.topTokens = summary.topTokens();
        prediction.topProbabilities = summary.topProbabilities();
      }
    }

    return found.vectors();
  }

  private static final class Evaluate implements MapPartitionsFunction<Sequence, Prediction> {
    private static final long serialVersionUID = 1L;

    private final Broadcast<ModelDirectory> directory;
    private final int batchSize;
    private final int mostDense;

    private Evaluate(Broadcast<ModelDirectory> directory, int batchSize, int mostDense) {
      this.directory = directory;
      this.batchSize = batchSize;
      this.mostDense = mostDense;
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
            evaluated = evaluate(directory.value(), model, batches.next(), mostDense).iterator();
          }

          return evaluated.next();
        }
      };
    }
  }

  /** What the model makes of a prompt. A bean for Spark's encoder. */
  public static final class Prediction implements Serializable {
    private static final long serialVersionUID = 1L;

    private int promptId;
    private float[] probabilities;
    private float[] finalVector;
    private Double logNormalizer;
    private Double rootSum;
    private int[] topTokens;
    private float[] topProbabilities;
    private float[][] ffnOuts;

    private NextTokenDistribution distribution(ModelDirectory directory) {
      return probabilities != null
          ? new NextTokenDistribution.Dense(
              IntStream.range(0, probabilities.length).mapToDouble(i -> probabilities[i]).toArray())
          : new NextTokenDistribution.OfVector(
              LoadedModels.logitMap(directory), finalVector, logNormalizer, rootSum, topTokens);
    }

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

    public float[] getFinalVector() {
      return finalVector;
    }

    public void setFinalVector(float[] finalVector) {
      this.finalVector = finalVector;
    }

    public Double getLogNormalizer() {
      return logNormalizer;
    }

    public void setLogNormalizer(Double logNormalizer) {
      this.logNormalizer = logNormalizer;
    }

    public Double getRootSum() {
      return rootSum;
    }

    public void setRootSum(Double rootSum) {
      this.rootSum = rootSum;
    }

    public int[] getTopTokens() {
      return topTokens;
    }

    public void setTopTokens(int[] topTokens) {
      this.topTokens = topTokens;
    }

    public float[] getTopProbabilities() {
      return topProbabilities;
    }

    public void setTopProbabilities(float[] topProbabilities) {
      this.topProbabilities = topProbabilities;
    }

    public float[][] getFfnOuts() {
      return ffnOuts;
    }

    public void setFfnOuts(float[][] ffnOuts) {
      this.ffnOuts = ffnOuts;
    }
  }
}
