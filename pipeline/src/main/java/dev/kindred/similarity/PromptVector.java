/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.similarity;

import static org.apache.spark.sql.functions.coalesce;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.lit;

import dev.kindred.table.Tables;
import java.io.Serializable;
import java.util.List;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;

/** A prompt's FFN output. A bean for Spark's encoder. */
public final class PromptVector implements Serializable {
  private static final long serialVersionUID = 1L;

  private int id;
  private long ownWindowId;
  private float[] ffnOut;

  /**
   * Collects a block's prompts to the driver, in ascending order of their ids.
   *
   * @param promptActivations rows of {@link Tables#PROMPT_ACTIVATIONS} of one model, prompt set and
   *     block
   * @param prompts rows of {@link Tables#PROMPTS} of the same prompt set
   */
  public static List<PromptVector> collect(Dataset<Row> promptActivations, Dataset<Row> prompts) {
    return promptActivations
        .join(prompts.select("prompt_id", "window_id"), "prompt_id")
        .select(
            col("prompt_id").as("id"),
            coalesce(col("window_id"), lit(PromptVectors.NO_WINDOW)).as("ownWindowId"),
            col("ffn_out").as("ffnOut"))
        .sort("id")
        .as(Encoders.bean(PromptVector.class))
        .collectAsList();
  }

  /**
   * The vector of a prompt that is in memory.
   *
   * @param ownWindowId null where the prompt is not a window of the corpus
   */
  public static PromptVector of(int id, Long ownWindowId, float[] ffnOut) {
    PromptVector vector = new PromptVector();
    vector.id = id;
    vector.ownWindowId = ownWindowId == null ? PromptVectors.NO_WINDOW : ownWindowId;
    vector.ffnOut = ffnOut;
    return vector;
  }

  /** One matrix of all rows. */
  static PromptVectors matrix(List<PromptVector> rows) {
    int dimension = rows.get(0).ffnOut.length;
    int[] promptIds = new int[rows.size()];
    long[] ownWindowIds = new long[rows.size()];
    float[] vectors = new float[Math.multiplyExact(rows.size(), dimension)];
    for (int i = 0; i < promptIds.length; i++) {
      PromptVector row = rows.get(i);
      promptIds[i] = row.id;
      ownWindowIds[i] = row.ownWindowId;
      System.arraycopy(row.ffnOut, 0, vectors, i * dimension, dimension);
    }

    return new PromptVectors(dimension, promptIds, ownWindowIds, vectors);
  }

  public int getId() {
    return id;
  }

  public void setId(int id) {
    this.id = id;
  }

  public long getOwnWindowId() {
    return ownWindowId;
  }

  public void setOwnWindowId(long ownWindowId) {
    this.ownWindowId = ownWindowId;
  }

  public float[] getFfnOut() {
    return ffnOut;
  }

  public void setFfnOut(float[] ffnOut) {
    this.ffnOut = ffnOut;
  }
}
