/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.activation;

import static org.apache.spark.sql.functions.col;

import dev.kindred.activation.TreeBatches.Sequence;
import dev.kindred.math.Half;
import dev.kindred.math.Vectors;
import dev.kindred.model.Blocks;
import dev.kindred.model.GpuTasks;
import dev.kindred.model.LanguageModel;
import dev.kindred.model.Precision;
import dev.kindred.model.files.LoadedModels;
import dev.kindred.model.files.ModelDirectory;
import dev.kindred.table.StoredVectors;
import dev.kindred.table.Tables;
import java.io.Serializable;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.stream.StreamSupport;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.function.MapFunction;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.catalyst.InternalRow;

/**
 * Vectors of every window in every block, at the last position, FFN outputs unless others were
 * asked for, computed once for each distinct prefix of a batch. Batches, and so the numbers, are
 * those of {@link TreeBatches}.
 */
public final class Activations {
  private Activations() {}

  /**
   * Evaluates the model. Sorts the windows' tokens at once, and runs the model when the result is
   * asked for.
   *
   * @param windows rows of {@link Tables#WINDOWS} of one corpus
   * @param batchSize windows that a task evaluates at once
   * @param partitions tasks to cut the work into
   * @return rows with the file columns of {@link Precision#activations} and block, in no order
   */
  public static Dataset<Row> compute(
      Dataset<Row> windows, Broadcast<ModelDirectory> model, int batchSize, int partitions) {
    Dataset<Sequence> sequences =
        TreeBatches.cut(
            windows.select(col("window_id").as("id"), col("token_ids").as("tokenIds")),
            batchSize,
            partitions);
    return rows(
        GpuTasks.mapPartitions(
            sequences, new Evaluate(model, batchSize), Encoders.bean(Activation.class)),
        model.value().precision());
  }

  /**
   * Rows with the file columns of {@link Precision#activations} and block.
   *
   * @param activations whose numbers have that precision
   */
  public static Dataset<Row> rows(Dataset<Activation> activations, Precision precision) {
    Dataset<?> kept =
        switch (precision) {
          case F32 -> activations;
          case F16 ->
              activations.map(
                  (MapFunction<Activation, HalfActivation>) HalfActivation::of,
                  Encoders.bean(HalfActivation.class));
        };
    return kept.select(col("block"), col("windowId").as("window_id"), col("ffnOut").as("ffn_out"));
  }

  /**
   * Takes over activations of windows that are in another corpus too, under the ids that they have
   * there.
   *
   * @param activations rows of {@link Precision#activations} of one corpus
   * @param ids what windows are called in the other one; those without an id there are left out
   * @return rows with the same columns, in no order
   */
  public static Dataset<Row> rename(Dataset<Row> activations, Broadcast<WindowIds> ids) {
    // The rows as Spark keeps them: its encoders box every component of a stored array.
    Precision precision = WindowVector.precision(activations);
    JavaRDD<Activation> renamed =
        StoredVectors.rows(activations.select("block", "window_id", "ffn_out"))
            .mapPartitions(rows -> renamed(rows, ids.value(), precision));
    return rows(
        activations.sparkSession().createDataset(renamed.rdd(), Encoders.bean(Activation.class)),
        precision);
  }

  private static Iterator<Activation> renamed(
      Iterator<InternalRow> rows, WindowIds ids, Precision precision) {
    Iterable<InternalRow> all = () -> rows;
    return StreamSupport.stream(all.spliterator(), false)
        .filter(row -> ids.find(row.getLong(1)) != WindowIds.NONE)
        .map(
            row -> {
              Activation activation = new Activation();
              activation.block = row.getInt(0);
              activation.windowId = ids.find(row.getLong(1));
              activation.ffnOut = WindowVector.vector(row, 2, precision);
              return activation;
            })
        .iterator();
  }

  private static final class Evaluate implements MapPartitionsFunction<Sequence, Activation> {
    private static final long serialVersionUID = 1L;

    private final Broadcast<ModelDirectory> directory;
    private final int batchSize;

    private Evaluate(Broadcast<ModelDirectory> directory, int batchSize) {
      this.directory = directory;
      this.batchSize = batchSize;
    }

    @Override
    public Iterator<Activation> call(Iterator<Sequence> windows) {
      LanguageModel model = LoadedModels.get(directory.value());
      Blocks blocks = directory.value().blocks();
      Precision precision = directory.value().precision();
      Iterator<List<Sequence>> batches = TreeBatches.batches(windows, batchSize);
      int dimension = model.shape().modelDimension();
      return new Iterator<>() {
        private List<Sequence> batch = List.of();
        private float[][] outputs = {};
        private int place; // of the block
        private int row;

        @Override
        public boolean hasNext() {
          return place < outputs.length || batches.hasNext();
        }

        @Override
        public Activation next() {
          if (!hasNext()) {
            throw new NoSuchElementException();
          }

          if (place == outputs.length) {
            batch = batches.next();
            outputs =
                blocks.of(
                    model.vectors(
                        directory.value().vectors(), TreeBatches.tree(batch), blocks.depth()));
            place = 0;
          }

          Activation activation = new Activation();
          activation.block = blocks.number(place);
          activation.windowId = batch.get(row).getId();
          activation.ffnOut =
              precision.round(
                  Vectors.row(outputs[place], row, dimension),
                  directory.value().vectors(),
                  blocks.number(place));
          if (++row == batch.size()) {
            row = 0;
            place++;
          }

          return activation;
        }
      };
    }
  }

  /** A window's vector in one block. A bean for Spark's encoder. */
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

  /** The same in binary16. A bean for Spark's encoder. */
  public static final class HalfActivation implements Serializable {
    private static final long serialVersionUID = 1L;

    private int block;
    private long windowId;
    private byte[] ffnOut;

    private static HalfActivation of(Activation activation) {
      HalfActivation half = new HalfActivation();
      half.block = activation.block;
      half.windowId = activation.windowId;
      half.ffnOut = Half.encode(activation.ffnOut);
      return half;
    }

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

    public byte[] getFfnOut() {
      return ffnOut;
    }

    public void setFfnOut(byte[] ffnOut) {
      this.ffnOut = ffnOut;
    }
  }
}
