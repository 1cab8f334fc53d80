/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.ablation;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.explode;

import dev.kindred.activation.TappedPrompts;
import dev.kindred.evaluation.Summaries;
import dev.kindred.model.ResidualStream;
import dev.kindred.model.files.ModelDirectory;
import dev.kindred.table.Figures;
import dev.kindred.table.Figures.Measure;
import dev.kindred.table.Tables;
import java.util.List;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/**
 * What attention and feed-forward networks contribute: every prompt's prediction without one of
 * them, in one block at a time. Numbers do not depend on how the work is cut: see {@link
 * TappedPrompts}.
 */
public final class Ablations {
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
    return TappedPrompts.rows(
        prompts,
        model,
        batchSize,
        partitions,
        new StructType()
            .add("vectors", Tables.BLOCK_VECTORS.fileColumns())
            .add("effects", DataTypes.createArrayType(Tables.ABLATIONS.fileColumns())),
        Ablations::rows);
  }

  /** Rows with the file columns of {@link Tables#BLOCK_VECTORS}, by prompt and block. */
  public static Dataset<Row> vectors(Dataset<Row> measured) {
    return measured.select("vectors.*").sort("prompt_id", "block");
  }

  /** Rows with the file columns of {@link Tables#ABLATIONS}, by prompt and block. */
  public static Dataset<Row> effects(Dataset<Row> measured) {
    return measured
        .select(explode(col("effects")).as("effect"))
        .select("effect.*")
        .sort("prompt_id", "block", "removed", "context");
  }

  /** Returns the effect of a removal in a block: {@code hellinger}, {@code logit_norm} or so. */
  public static Measure effect(int block, String context, String removed, String quantity) {
    return Measure.of(context + "_without_" + removed, quantity).block(block);
  }

  /** Returns a norm or cosine of a block's vectors, as {@link Tables#BLOCK_VECTORS} names it. */
  public static Measure vector(int block, String column) {
    return Measure.of("vectors", column).block(block);
  }

  /**
   * Returns mean, std, min and max over all prompts of each {@link #effect} and {@link #vector}.
   *
   * @param vectors rows of {@link Tables#BLOCK_VECTORS} of one model and prompt set
   * @param effects rows of {@link Tables#ABLATIONS} of the same
   */
  public static Figures summarize(Dataset<Row> vectors, Dataset<Row> effects) {
    return Summaries.describe(
            effects,
            List.of("block", "context", "removed"),
            (row, column) -> effect(row.getInt(0), row.getString(1), row.getString(2), column),
            Tables.ABLATIONS.measures())
        .putAll(
            Summaries.describe(
                vectors,
                List.of("block"),
                (row, column) -> vector(row.getInt(0), column),
                Tables.BLOCK_VECTORS.measures()));
  }

  private static List<Row> rows(ResidualStream model, int[] promptIds, int[][] tokenIds) {
    return BlockAblation.of(model, tokenIds).stream()
        .map(ablation -> row(promptIds[ablation.prompt()], ablation))
        .toList();
  }

  private static Row row(int promptId, BlockAblation ablation) {
    BlockAblation.BlockVectors vectors = ablation.vectors();
    return RowFactory.create(
        Tables.BLOCK_VECTORS.row(
            promptId,
            ablation.block(),
            vectors.normIn(),
            vectors.normAttention(),
            vectors.normFfn(),
            vectors.normOut(),
            vectors.cosineInAttention(),
            vectors.cosineAttentionFfn(),
            vectors.cosineFfnOut()),
        ablation.effects().stream()
            .map(
                effect ->
                    Tables.ABLATIONS.row(
                        promptId,
                        ablation.block(),
                        effect.removed().text(),
                        effect.context().text(),
                        effect.hellinger(),
                        effect.logitNorm(),
                        effect.logitChange()))
            .toArray());
  }
}
