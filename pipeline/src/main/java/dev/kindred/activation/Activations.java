/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.activation;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.floor;
import static org.apache.spark.sql.functions.lit;

import dev.kindred.model.LanguageModel;
import dev.kindred.model.LoadedModels;
import dev.kindred.model.ModelDirectory;
import dev.kindred.table.Tables;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;

/**
 * FFN outputs of every window in every block, at the last position.
 *
 * <p>A batch is the windows of one range of {@link #BATCH} window ids, and partitions are whole
 * ranges. The model therefore always sees the same batches, and the numbers do not depend on
 * partitions or cores (with one engine thread per task).
 */
public final class Activations {
  /** Window ids in a batch's range; at most as many windows are evaluated at once. */
  static final int BATCH = 256;

  private Activations() {}

  /**
   * Evaluates the model.
   *
   * @param windows rows of {@link Tables#WINDOWS} of one corpus
   * @param partitions tasks to cut the work into
   * @return rows with the file columns of {@link Tables#ACTIVATIONS} and block, sorted by block and
   *     window id within a partition
   */
  public static Dataset<Row> compute(
      Dataset<Row> windows, Broadcast<ModelDirectory> model, int partitions) {
    return windows
        .select(col("window_id").as("windowId"), col("token_ids").as("tokenIds"))
        .repartitionByRange(partitions, floor(col("windowId").divide(lit(BATCH))))
        .sortWithinPartitions(col("windowId"))
        .as(Encoders.bean(Window.class))
        .mapPartitions(new Evaluate(model), Encoders.bean(Activation.class))
        .select(col("block"), col("windowId").as("window_id"), col("ffnOut").as("ffn_out"))
        .sortWithinPartitions(col("block"), col("window_id"));
  }

  private static final class Evaluate implements MapPartitionsFunction<Window, Activation> {
    private static final long serialVersionUID = 1L;

    private final Broadcast<ModelDirectory> directory;

    private Evaluate(Broadcast<ModelDirectory> directory) {
      this.directory = directory;
    }

    @Override
    public Iterator<Activation> call(Iterator<Window> windows) {
      LanguageModel model = LoadedModels.get(directory.value());
      return new Iterator<>() {
        private Window ahead = windows.hasNext() ? windows.next() : null;
        private Iterator<Activation> evaluated = Collections.emptyIterator();

        @Override
        public boolean hasNext() {
          return evaluated.hasNext() || ahead != null;
        }

        @Override
        public Activation next() {
          if (!evaluated.hasNext()) {
            evaluated = evaluate(nextBatch()).iterator();
          }

          return evaluated.next();
        }

        private List<Window> nextBatch() {
          List<Window> batch = new ArrayList<>(BATCH);
          long range = ahead.windowId / BATCH;
          while (ahead != null && ahead.windowId / BATCH == range) {
            batch.add(ahead);
            ahead = windows.hasNext() ? windows.next() : null;
          }

          return batch;
        }

        private List<Activation> evaluate(List<Window> batch) {
          float[][] outputs =
              model.ffnOutputs(batch.stream().map(Window::getTokenIds).toArray(int[][]::new));
          int dimension = model.shape().modelDimension();
          List<Activation> activations = new ArrayList<>(outputs.length * batch.size());
          for (int block = 0; block < outputs.length; block++) {
            for (int i = 0; i < batch.size(); i++) {
              Activation activation = new Activation();
              activation.block = block;
              activation.windowId = batch.get(i).windowId;
              activation.ffnOut = Vectors.row(outputs[block], i, dimension);
              activations.add(activation);
            }
          }

          return activations;
        }
      };
    }
  }

  /** A window to evaluate. A bean for Spark's encoder. */
  public static final class Window implements Serializable {
    private static final long serialVersionUID = 1L;

    private long windowId;
    private int[] tokenIds;

    public long getWindowId() {
      return windowId;
    }

    public void setWindowId(long windowId) {
      this.windowId = windowId;
    }

    public int[] getTokenIds() {
      return tokenIds;
    }

    public void setTokenIds(int[] tokenIds) {
      this.tokenIds = tokenIds;
    }
  }

  /** A window's FFN output in one block. A bean for Spark's encoder. */
  public static final class Activation implements Serializable {
    private static final long serialVersionUID = 1L;

    private int block;
    private long windowId;
    private float[] ffnOut;

    public int getBlock() {
      return block;
    }

    public void setBlock(int block) {
      this.block = block;
    }

    public long getWindowId() {
      return windowId;
    }

    public void setWindowId(long windowId) {
      this.windowId = windowId;
    }

    public float[] getFfnOut() {
      return ffnOut;
    }

    public void setFfnOut(float[] ffnOut) {
      this.ffnOut = ffnOut;
    }
  }
}
