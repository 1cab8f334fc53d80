/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.geometry;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.explode;

import dev.kindred.activation.TappedPrompts;
import dev.kindred.evaluation.Summaries;
import dev.kindred.model.ResidualStream;
import dev.kindred.model.files.ModelDirectory;
import dev.kindred.table.Figures;
import dev.kindred.table.Figures.Measure;
import dev.kindred.table.Tables;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/**
 * The residual stream of every prompt as vectors: how far its direction is from that of the
 * feed-forward outputs alone, and what scaling and noise do to it before and after the final norm
 * (the study's notebook 70). Numbers do not depend on how the work is cut: see {@link
 * TappedPrompts}.
 */
public final class Geometry {
  private Geometry() {}

  /**
   * Runs the model on the prompts when the result is asked for.
   *
   * @param prompts rows of {@link Tables#PROMPTS} of one prompt set
   * @param batchSize prompts that a task runs at once
   * @param partitions tasks to cut the work into
   * @param seed of noise
   * @return one row a prompt, for {@link #directions} and {@link #perturbations}
   */
  public static Dataset<Row> measure(
      Dataset<Row> prompts,
      Broadcast<ModelDirectory> model,
      int batchSize,
      int partitions,
      long seed) {
    return TappedPrompts.rows(
        prompts,
        model,
        batchSize,
        partitions,
        new StructType()
            .add("directions", DataTypes.createArrayType(Tables.DIRECTIONS.fileColumns()))
            .add("perturbations", DataTypes.createArrayType(Tables.PERTURBATIONS.fileColumns())),
        (tapped, promptIds, tokenIds) -> rows(tapped, promptIds, tokenIds, seed));
  }

  /** Rows with the file columns of {@link Tables#DIRECTIONS}, by prompt and block. */
  public static Dataset<Row> directions(Dataset<Row> measured) {
    return measured
        .select(explode(col("directions")).as("direction"))
        .select("direction.*")
        .sort("prompt_id", "block");
  }

  /** Rows with the file columns of {@link Tables#PERTURBATIONS}, by prompt and perturbation. */
  public static Dataset<Row> perturbations(Dataset<Row> measured) {
    return measured
        .select(explode(col("perturbations")).as("change"))
        .select("change.*")
        .sort("prompt_id", "perturbation");
  }

  /** Returns a figure of the stream's direction after a block, a column of the table directions. */
  public static Measure direction(int block, String column) {
    return Measure.of("directions", column).block(block);
  }

  /** Returns a figure of a change, a column of the table perturbations. */
  public static Measure perturbation(String perturbation, String column) {
    return Measure.of(perturbation, column);
  }

  /**
   * Returns mean, std, min and max over all prompts of each {@link #direction} and {@link
   * #perturbation}.
   *
   * @param directions rows of {@link Tables#DIRECTIONS} of one model and prompt set
   * @param perturbations rows of {@link Tables#PERTURBATIONS} of the same
   */
  public static Figures summarize(Dataset<Row> directions, Dataset<Row> perturbations) {
    return Summaries.describe(
            directions,
            List.of("block"),
            (row, column) -> direction(row.getInt(0), column),
            Tables.DIRECTIONS.measures())
        .putAll(
            Summaries.describe(
                perturbations,
                List.of("perturbation"),
                (row, column) -> perturbation(row.getString(0), column),
                Tables.PERTURBATIONS.measures()));
  }

  private static List<Row> rows(
      ResidualStream model, int[] promptIds, int[][] tokenIds, long seed) {
    List<List<Row>> directions = lists(promptIds.length);
    List<List<Row>> perturbations = lists(promptIds.length);
    try (ResidualStream.Pass pass = model.run(tokenIds)) {
      Direction.of(pass, model.shape())
          .forEach(
              direction ->
                  directions
                      .get(direction.prompt())
                      .add(row(promptIds[direction.prompt()], direction)));
      Perturbation.of(model, pass, promptIds, seed)
          .forEach(
              changed ->
                  perturbations
                      .get(changed.prompt())
                      .add(row(promptIds[changed.prompt()], changed)));
    }

    List<Row> rows = new ArrayList<>();
    for (int prompt = 0; prompt < promptIds.length; prompt++) {
      rows.add(
          RowFactory.create(directions.get(prompt).toArray(), perturbations.get(prompt).toArray()));
    }

    return rows;
  }

  private static List<List<Row>> lists(int count) {
    List<List<Row>> lists = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      lists.add(new ArrayList<>());
    }

    return lists;
  }

  private static Row row(int promptId, Direction direction) {
    return Tables.DIRECTIONS.row(
        promptId, direction.block(), direction.cosineWithoutAttention(), direction.normRatio());
  }

  private static Row row(int promptId, Perturbation perturbation) {
    return Tables.PERTURBATIONS.row(
        promptId,
        perturbation.change().text(),
        perturbation.before().norm(),
        perturbation.before().changedNorm(),
        perturbation.before().cosine(),
        perturbation.normed().norm(),
        perturbation.normed().changedNorm(),
        perturbation.normed().cosine(),
        perturbation.hellinger());
  }
}
