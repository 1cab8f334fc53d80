/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.ablation;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.explode;

import dev.kindred.activation.TreeBatches;
import dev.kindred.activation.TreeBatches.Sequence;
import dev.kindred.evaluation.Summaries;
import dev.kindred.model.GpuTasks;
import dev.kindred.model.LoadedModels;
import dev.kindred.model.ModelDirectory;
import dev.kindred.model.TappedGpt;
import dev.kindred.table.Tables;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/**
 * What attention and feed-forward networks contribute: every prompt's prediction without one of
 * them, in one block at a time. Batches, and so the numbers, are those of {@link TreeBatches}.
 */
public final class Ablations {
  private static final String[] VECTOR_COLUMNS = {
    "norm_in",
    "norm_attention",
    "norm_ffn",
    "norm_out",
    "cosine_in_attention",
    "cosine_attention_ffn",
    "cosine_ffn_out"
  };
  private static final String[] EFFECT_COLUMNS = {"hellinger", "logit_norm", "logit_change"};

  private static final StructType EFFECT =
      new StructType()
          .add("removed", DataTypes.StringType)
          .add("context", DataTypes.StringType)
          .add("hellinger", DataTypes.DoubleType)
          .add("logit_norm", DataTypes.DoubleType)
          .add("logit_change", DataTypes.DoubleType);

  private Ablations() {}

  /**
   * Runs the model on the prompts with and without each part of each block, when the result is
   * asked for.
   *
   * @param prompts rows of {@link Tables#PROMPTS} of one prompt set
   * @param batchSize prompts that a task runs at once
   * @param partitions tasks to cut the work into
   * @return one row a prompt and block, for {@link #vectors} and {@link #effects}
   */
  public static Dataset<Row> measure(
      Dataset<Row> prompts, Broadcast<ModelDirectory> model, int batchSize, int partitions) {
    Dataset<Sequence> sequences =
        TreeBatches.cut(
            prompts.select(
                col("prompt_id").cast("bigint").as("id"), col("token_ids").as("tokenIds")),
            batchSize,
            partitions);
    StructType schema =
        new StructType()
            .add("prompt_id", DataTypes.IntegerType)
            .add("block", DataTypes.IntegerType);
    for (String column : VECTOR_COLUMNS) {
      schema = schema.add(column, DataTypes.DoubleType);
    }

    return GpuTasks.mapPartitions(
        sequences,
        new Measure(model, batchSize),
        Encoders.row(schema.add("effects", DataTypes.createArrayType(EFFECT))));
  }

  /** Rows with the file columns of {@link Tables#BLOCK_VECTORS}, by prompt and block. */
  public static Dataset<Row> vectors(Dataset<Row> measured) {
    return measured.drop("effects").sort("prompt_id", "block");
  }

  /** Rows with the file columns of {@link Tables#ABLATIONS}, by prompt and block. */
  public static Dataset<Row> effects(Dataset<Row> measured) {
    return measured
        .select(col("prompt_id"), col("block"), explode(col("effects")).as("effect"))
        .select("prompt_id", "block", "effect.*")
        .sort("prompt_id", "block", "removed", "context");
  }

  /**
   * The figures of all prompts, each with {@code .mean|std|min|max}:
   *
   * <ul>
   *   <li>{@code ablation.block.<b>.<context>.without_<part>.hellinger|logit_norm|logit_change}
   *   <li>{@code ablation.block.<b>.norm_in} and so on, for every column of {@link
   *       Tables#BLOCK_VECTORS}
   * </ul>
   *
   * @param vectors rows of {@link Tables#BLOCK_VECTORS} of one model and prompt set
   * @param effects rows of {@link Tables#ABLATIONS} of the same
   */
  public static Map<String, Double> summarize(Dataset<Row> vectors, Dataset<Row> effects) {
    Map<String, Double> metrics =
        Summaries.describe(
            effects,
            List.of("block", "context", "removed"),
            row ->
                String.format(
                    "ablation.block.%d.%s.without_%s.",
                    row.getInt(0), row.getString(1), row.getString(2)),
            EFFECT_COLUMNS);
    metrics.putAll(
        Summaries.describe(
            vectors,
            List.of("block"),
            row -> "ablation.block." + row.getInt(0) + ".",
            VECTOR_COLUMNS));
    return metrics;
  }

  private static final class Measure implements MapPartitionsFunction<Sequence, Row> {
    private static final long serialVersionUID = 1L;

    private final Broadcast<ModelDirectory> directory;
    private final int batchSize;

    private Measure(Broadcast<ModelDirectory> directory, int batchSize) {
      this.directory = directory;
      this.batchSize = batchSize;
    }

    @Override
    public Iterator<Row> call(Iterator<Sequence> prompts) {
      TappedGpt model = LoadedModels.tapped(directory.value());
      List<Row> rows = new ArrayList<>();
      Iterator<List<Sequence>> batches = TreeBatches.batches(prompts, batchSize);
      while (batches.hasNext()) {
        List<Sequence> batch = batches.next();
        int[][] tokenIds = batch.stream().map(Sequence::getTokenIds).toArray(int[][]::new);
        BlockAblation.of(model, tokenIds)
            .forEach(
                ablation -> rows.add(row((int) batch.get(ablation.prompt()).getId(), ablation)));
      }

      return rows.iterator();
    }

    private static Row row(int promptId, BlockAblation ablation) {
      BlockAblation.BlockVectors vectors = ablation.vectors();
      return RowFactory.create(
          promptId,
          ablation.block(),
          vectors.normIn(),
          vectors.normAttention(),
          vectors.normFfn(),
          vectors.normOut(),
          vectors.cosineInAttention(),
          vectors.cosineAttentionFfn(),
          vectors.cosineFfnOut(),
          ablation.effects().stream()
              .map(
                  effect ->
                      RowFactory.create(
                          effect.removed().text(),
                          effect.context().text(),
                          effect.hellinger(),
                          effect.logitNorm(),
                          effect.logitChange()))
              .toArray());
    }
  }
}
