/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.activation;

import static org.apache.spark.sql.functions.col;

import dev.kindred.activation.TreeBatches.Sequence;
import dev.kindred.model.GpuTasks;
import dev.kindred.model.ResidualStream;
import dev.kindred.model.files.LoadedModels;
import dev.kindred.model.files.ModelDirectory;
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
import org.apache.spark.sql.types.StructType;

/**
 * Looking into a model's residual stream for every prompt. Batches, and so the numbers, are those
 * of {@link TreeBatches}.
 */
public final class TappedPrompts {
  private TappedPrompts() {}

  /** What is done with a batch of prompts. */
  @FunctionalInterface
  public interface Look extends Serializable {
    /**
     * Looks.
     *
     * @param promptIds B ids
     * @param tokenIds B x T token ids
     * @return any rows
     */
    List<Row> rows(ResidualStream model, int[] promptIds, int[][] tokenIds);
  }

  /**
   * The rows of all prompts. Sorts the prompts' tokens at once, and runs the model when the result
   * is asked for.
   *
   * @param prompts rows of {@link Tables#PROMPTS} of one prompt set
   * @param batchSize prompts that a task runs at once
   * @param partitions tasks to cut the work into
   * @param schema of the rows that {@code look} makes
   */
  public static Dataset<Row> rows(
      Dataset<Row> prompts,
      Broadcast<ModelDirectory> model,
      int batchSize,
      int partitions,
      StructType schema,
      Look look) {
    Dataset<Sequence> sequences =
        TreeBatches.cut(
            prompts.select(
                col("prompt_id").cast("bigint").as("id"), col("token_ids").as("tokenIds")),
            batchSize,
            partitions);
    return GpuTasks.mapPartitions(
        sequences, new InBatches(model, batchSize, look), Encoders.row(schema));
  }

  private static final class InBatches implements MapPartitionsFunction<Sequence, Row> {
    private static final long serialVersionUID = 1L;

    private final Broadcast<ModelDirectory> directory;
    private final int batchSize;
    private final Look look;

    private InBatches(Broadcast<ModelDirectory> directory, int batchSize, Look look) {
      this.directory = directory;
      this.batchSize = batchSize;
      this.look = look;
    }

    @Override
    public Iterator<Row> call(Iterator<Sequence> prompts) {
      ResidualStream model = LoadedModels.stream(directory.value());
      List<Row> rows = new ArrayList<>();
      Iterator<List<Sequence>> batches = TreeBatches.batches(prompts, batchSize);
      while (batches.hasNext()) {
        List<Sequence> batch = batches.next();
        rows.addAll(
            look.rows(
                model,
                batch.stream().mapToInt(prompt -> (int) prompt.getId()).toArray(),
                batch.stream()
                    .map(prompt -> directory.value().input(prompt.getTokenIds()))
                    .toArray(int[][]::new)));
      }

      return rows.iterator();
    }
  }
}
