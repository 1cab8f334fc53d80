/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.prediction;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.struct;

import dev.kindred.model.LogitMap;
import dev.kindred.model.ModelShape;
import dev.kindred.model.files.LoadedModels;
import dev.kindred.model.files.ModelDirectory;
import dev.kindred.table.StoredVectors;
import dev.kindred.table.Tables;
import dev.kindred.table.Warehouse;
import java.io.Serializable;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/**
 * What a model predicts after prompts, for those who read it: rows as they are stored, and what
 * makes distributions of them. Rows are joined as they are stored, and each is read where a
 * distribution is wanted.
 *
 * @param rows of {@link Tables#PREDICTIONS} of one model and prompt set
 * @param reader of the column {@link #PREDICTION}
 */
public record ModelPredictions(Dataset<Row> rows, Reader reader) {
  /** The column that the reader reads. */
  public static final String PREDICTION = "prediction";

  /**
   * The most tokens of a vocabulary of which all probabilities are kept. Above it, they would be
   * most bytes of a run's results.
   */
  public static final int MOST_DENSE = 4096;

  /** Vectors whose logits a task makes at once. */
  static final int AT_ONCE = 64;

  /**
   * Reads predictions of a model.
   *
   * @param rows of it
   */
  public static ModelPredictions of(Dataset<Row> rows, ModelDirectory model) {
    return isDense(model.shape())
        ? dense(rows)
        : new ModelPredictions(rows, new Reader(model.onExecutors(rows.sparkSession())));
  }

  /** Reads the predictions that a warehouse has of a model and a prompt set. */
  public static ModelPredictions read(Warehouse warehouse, ModelDirectory model, String promptSet) {
    return of(warehouse.part(Tables.PREDICTIONS, model.id(), promptSet).read(), model);
  }

  /** Reads predictions that have all probabilities, for which no model is needed. */
  public static ModelPredictions dense(Dataset<Row> rows) {
    return new ModelPredictions(rows, new Reader(null));
  }

  /** Returns the bytes of a prediction as it is stored. */
  public static long bytes(ModelShape shape) {
    return isDense(shape)
        ? (long) Float.BYTES * shape.vocabularySize()
        : Float.BYTES * (long) shape.modelDimension()
            + 2 * Double.BYTES
            + (Integer.BYTES + Float.BYTES) * (long) LogitMap.LISTED;
  }

  /** Returns the bytes that a task fills beside batches while it makes predictions. */
  public static long taskBytes(ModelShape shape) {
    return isDense(shape) ? 0 : (long) Double.BYTES * AT_ONCE * shape.vocabularySize();
  }

  /** Returns the bytes of what all tasks of a process make or read predictions with. */
  public static long sharedBytes(ModelShape shape) {
    return isDense(shape)
        ? 0
        : (long) Float.BYTES * shape.vocabularySize() * shape.modelDimension();
  }

  /** Whether all probabilities of such a model's predictions are kept. */
  public static boolean isDense(ModelShape shape) {
    return shape.vocabularySize() <= MOST_DENSE;
  }

  /** Returns the columns prompt_id and {@link #PREDICTION}. */
  public Dataset<Row> columns() {
    return rows.select(col("prompt_id"), column());
  }

  private static Column column() {
    return struct("probabilities", "final_vector", "log_normalizer", "root_sum", "top_tokens")
        .as(PREDICTION);
  }

  /**
   * Makes distributions of stored predictions, in tasks.
   *
   * @param model null where all probabilities are stored
   */
  public record Reader(Broadcast<ModelDirectory> model) implements Serializable {

    /** Reads the column {@link #PREDICTION} of a row. */
    public NextTokenDistribution read(Row row, int column) {
      Row stored = row.getStruct(column);
      return stored.isNullAt(0)
          ? new NextTokenDistribution.OfVector(
              LoadedModels.logitMap(model.value()),
              StoredVectors.floats(stored, 1),
              stored.getDouble(2),
              stored.getDouble(3),
              StoredVectors.ints(stored, 4))
          : new NextTokenDistribution.Dense(StoredVectors.doubles(stored, 0));
    }
  }
}
