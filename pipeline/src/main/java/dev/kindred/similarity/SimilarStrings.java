/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.similarity;

import static org.apache.spark.sql.functions.arrays_zip;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.explode;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.map_from_arrays;

import dev.kindred.table.Tables;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.api.java.function.MapFunction;
import org.apache.spark.api.java.function.MapGroupsFunction;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/**
 * The exact similarity join of one block: for every prompt, the windows whose FFN output has a
 * cosine similarity strictly above the threshold, as {@link Cosine} defines it.
 *
 * <p>Windows stay in their partitions and prompts are broadcast; next-token counts are summed where
 * the pairs are found, so that what travels is one row a prompt and task. Prompts are joined in
 * slices and windows in stretches of ids where either would not fit into a broadcast.
 */
public final class SimilarStrings {
  private static final long SLICE_BYTES = 512L << 20;
  private static final long STRETCH_WINDOWS = 8L << 20;
  private static final long PAIRS_HELD = 4L << 20;

  /**
   * How to join.
   *
   * @param block transformer block, from 0
   * @param threshold in [-1, 1]
   * @param keep the most similar windows to keep for a prompt; {@link Integer#MAX_VALUE} for all
   * @param vocabularySize {@code d_vocab}
   * @param kernel which implementation
   */
  public record Settings(
      int block, double threshold, int keep, int vocabularySize, TileKernels.Choice kernel)
      implements Serializable {}

  private SimilarStrings() {}

  /**
   * Joins one block.
   *
   * @param activations rows of {@link Tables#ACTIVATIONS} of one model, corpus and block
   * @param promptActivations rows of {@link Tables#PROMPT_ACTIVATIONS} of one model, prompt set and
   *     block
   * @param prompts rows of {@link Tables#PROMPTS} of the same prompt set
   * @param windows rows of {@link Tables#WINDOWS} of the same corpus
   * @return one row a prompt, also for prompts without evidence
   */
  public static Dataset<Evidence> join(
      SparkSession spark,
      Dataset<Row> activations,
      Dataset<Row> promptActivations,
      Dataset<Row> prompts,
      Dataset<Row> windows,
      Settings settings) {
    JavaSparkContext context = JavaSparkContext.fromSparkContext(spark.sparkContext());
    PromptVectors all = collect(promptActivations, prompts);
    Dataset<Evidence> parts = noEvidence(spark, all);
    for (Broadcast<NextTokens> stretch : stretches(context, windows)) {
      NextTokens nextTokens = stretch.value();
      Dataset<Vector> vectors =
          activations
              .where(
                  col("window_id")
                      .between(lit(nextTokens.firstWindowId()), lit(nextTokens.lastWindowId())))
              .select(col("window_id").as("id"), col("ffn_out").as("ffnOut"))
              .as(Encoders.bean(Vector.class));
      for (PromptVectors slice : slices(all, settings)) {
        parts =
            parts.union(
                vectors.mapPartitions(
                    new JoinPartition(context.broadcast(slice), stretch, settings),
                    Encoders.bean(Evidence.class)));
      }
    }

    int keep = settings.keep();
    return parts
        .groupByKey((MapFunction<Evidence, Integer>) Evidence::getPromptId, Encoders.INT())
        .mapGroups(
            (MapGroupsFunction<Integer, Evidence, Evidence>)
                (promptId, found) -> Evidence.merge(promptId, found, keep),
            Encoders.bean(Evidence.class));
  }

  /** Rows with the file columns of {@link Tables#BLOCK_DISTRIBUTIONS}. */
  public static Dataset<Row> blockDistributions(Dataset<Evidence> evidence) {
    return evidence
        .select(
            col("promptId").as("prompt_id"),
            col("similarCount").as("similar_count"),
            map_from_arrays(col("tokens"), col("counts")).as("counts"),
            col("ownWindowSimilar").as("own_window_similar"))
        .sort("prompt_id");
  }

  /** Rows with the file columns of {@link Tables#SIMILAR_STRINGS}. */
  public static Dataset<Row> mostSimilar(Dataset<Evidence> evidence) {
    return evidence
        .select(
            col("promptId").as("prompt_id"),
            explode(arrays_zip(col("windowIds"), col("similarities"))).as("pair"))
        .select(
            col("prompt_id"),
            col("pair.windowIds").as("window_id"),
            col("pair.similarities").as("similarity"))
        .sort(col("prompt_id"), col("similarity").desc(), col("window_id"));
  }

  private static PromptVectors collect(Dataset<Row> promptActivations, Dataset<Row> prompts) {
    List<PromptVector> rows =
        promptActivations
            .join(prompts.select("prompt_id", "window_id"), "prompt_id")
            .select(
                col("prompt_id").as("id"),
                org.apache
                    .spark
                    .sql
                    .functions
                    .coalesce(col("window_id"), lit(PromptVectors.NO_WINDOW))
                    .as("ownWindowId"),
                col("ffn_out").as("ffnOut"))
            .sort("id")
            .as(Encoders.bean(PromptVector.class))
            .collectAsList();
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

  private static Dataset<Evidence> noEvidence(SparkSession spark, PromptVectors prompts) {
    List<Evidence> none = new ArrayList<>();
    for (int i = 0; i < prompts.count(); i++) {
      none.add(Evidence.none(prompts.promptId(i)));
    }

    return spark.createDataset(none, Encoders.bean(Evidence.class));
  }

  private static List<Broadcast<NextTokens>> stretches(
      JavaSparkContext context, Dataset<Row> windows) {
    Row range =
        windows
            .agg(
                org.apache.spark.sql.functions.min("window_id"),
                org.apache.spark.sql.functions.max("window_id"))
            .first();
    List<Broadcast<NextTokens>> stretches = new ArrayList<>();
    for (long from = range.getLong(0); from <= range.getLong(1); from += STRETCH_WINDOWS) {
      NextTokens nextTokens =
          NextTokens.collect(
              windows.where(
                  col("window_id")
                      .geq(lit(from))
                      .and(col("window_id").lt(lit(from + STRETCH_WINDOWS)))));
      if (nextTokens.size() > 0) {
        stretches.add(context.broadcast(nextTokens));
      }
    }

    return stretches;
  }

  private static List<PromptVectors> slices(PromptVectors prompts, Settings settings) {
    long bytesPerPrompt =
        2L * Float.BYTES * prompts.dimension()
            + EvidenceTable.bytesPerPrompt(settings.vocabularySize(), settings.keep());
    int size = (int) Math.max(1, Math.min(prompts.count(), SLICE_BYTES / bytesPerPrompt));
    List<PromptVectors> slices = new ArrayList<>();
    for (int from = 0; from < prompts.count(); from += size) {
      slices.add(prompts.slice(from, Math.min(prompts.count(), from + size)));
    }

    return slices;
  }

  private static final class JoinPartition implements MapPartitionsFunction<Vector, Evidence> {
    private static final long serialVersionUID = 1L;

    private final Broadcast<PromptVectors> prompts;
    private final Broadcast<NextTokens> nextTokens;
    private final Settings settings;

    private JoinPartition(
        Broadcast<PromptVectors> prompts, Broadcast<NextTokens> nextTokens, Settings settings) {
      this.prompts = prompts;
      this.nextTokens = nextTokens;
      this.settings = settings;
    }

    @Override
    public Iterator<Evidence> call(Iterator<Vector> windows) {
      PromptVectors vectors = prompts.value();
      EvidenceTable table =
          new EvidenceTable(
              vectors, nextTokens.value(), settings.vocabularySize(), settings.keep());
      TileJoin join =
          new TileJoin(TileKernels.get(settings.kernel()), vectors, table, settings.threshold());
      WindowBatch batch = new WindowBatch(vectors.dimension());
      return new Iterator<>() {
        private Iterator<Evidence> drained = Collections.emptyIterator();

        @Override
        public boolean hasNext() {
          while (!drained.hasNext() && windows.hasNext()) {
            fill();
            join.join(batch);
            if (!windows.hasNext() || table.pairsKept() > limit()) {
              drained = table.drain().iterator();
            }
          }

          return drained.hasNext();
        }

        @Override
        public Evidence next() {
          hasNext();
          return drained.next();
        }

        private void fill() {
          batch.clear();
          while (!batch.isFull() && windows.hasNext()) {
            Vector window = windows.next();
            batch.add(window.id, nextTokens.value().find(window.id), window.ffnOut);
          }
        }

        /** Only where all pairs are kept can there be too many to hold. */
        private long limit() {
          return settings.keep() == MostSimilar.ALL ? PAIRS_HELD : Long.MAX_VALUE;
        }
      };
    }
  }

  /** A window's FFN output. A bean for Spark's encoder. */
  public static final class Vector implements Serializable {
    private static final long serialVersionUID = 1L;

    private long id;
    private float[] ffnOut;

    public long getId() {
      return id;
    }

    public void setId(long id) {
      this.id = id;
    }

    public float[] getFfnOut() {
      return ffnOut;
    }

    public void setFfnOut(float[] ffnOut) {
      this.ffnOut = ffnOut;
    }
  }

  /** A prompt's FFN output. A bean for Spark's encoder. */
  public static final class PromptVector implements Serializable {
    private static final long serialVersionUID = 1L;

    private int id;
    private long ownWindowId;
    private float[] ffnOut;

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
}
