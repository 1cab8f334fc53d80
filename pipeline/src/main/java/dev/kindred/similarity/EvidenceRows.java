/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.similarity;

import static org.apache.spark.sql.functions.array_sort;
import static org.apache.spark.sql.functions.arrays_zip;
import static org.apache.spark.sql.functions.bool_or;
import static org.apache.spark.sql.functions.coalesce;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.collect_list;
import static org.apache.spark.sql.functions.explode;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.map;
import static org.apache.spark.sql.functions.map_from_entries;
import static org.apache.spark.sql.functions.max;
import static org.apache.spark.sql.functions.row_number;
import static org.apache.spark.sql.functions.struct;
import static org.apache.spark.sql.functions.sum;
import static org.apache.spark.sql.functions.when;

import dev.kindred.table.Tables;
import org.apache.spark.api.java.function.FlatMapFunction;
import org.apache.spark.api.java.function.MapFunction;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.expressions.Window;
import org.apache.spark.sql.expressions.WindowSpec;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;

/** What a join of one block found, as rows of tables. */
public final class EvidenceRows {
  private static final DataType COUNTS =
      DataTypes.createMapType(DataTypes.IntegerType, DataTypes.LongType);

  private EvidenceRows() {}

  /**
   * Rows with the file columns of {@link Tables#BLOCK_DISTRIBUTIONS}.
   *
   * @param evidence of a join, of whose bins all count
   * @param vocabularySize {@code d_vocab}
   */
  public static Dataset<Row> blockDistributions(Dataset<Evidence> evidence, int vocabularySize) {
    return evidence
        .map(
            (MapFunction<Evidence, Row>) found -> EvidenceBins.allBins(found, vocabularySize),
            Tables.BLOCK_DISTRIBUTIONS.encoder())
        .sort("prompt_id");
  }

  /**
   * Rows with the file columns of {@link Tables#SIMILARITY_BINS}.
   *
   * @param evidence of a join with these settings
   */
  public static Dataset<Row> similarityBins(Dataset<Evidence> evidence, JoinSettings settings) {
    SimilarityBins bins = settings.bins();
    int vocabularySize = settings.vocabularySize();
    return evidence
        .flatMap(
            (FlatMapFunction<Evidence, Row>)
                found -> EvidenceBins.rows(found, bins, vocabularySize).iterator(),
            Tables.SIMILARITY_BINS.encoder())
        .sort("prompt_id", "bin");
  }

  /** Rows with the file columns of {@link Tables#NEAREST_STRINGS}. */
  public static Dataset<Row> nearestStrings(Dataset<Evidence> evidence) {
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

  /** Rows with the file columns of {@link Tables#SIMILAR_STRINGS}. */
  public static Dataset<Row> mostSimilar(Dataset<Evidence> evidence) {
    return rounded(nearestStrings(evidence));
  }

  /**
   * Rows with the file columns of {@link Tables#SIMILAR_STRINGS}.
   *
   * @param nearestStrings rows of {@link Tables#NEAREST_STRINGS} of one block
   * @param threshold not below the floor of their bins
   * @param keep the most similar windows to keep for a prompt, not more than they are
   */
  public static Dataset<Row> mostSimilar(Dataset<Row> nearestStrings, double threshold, int keep) {
    WindowSpec bestFirst =
        Window.partitionBy("prompt_id").orderBy(col("similarity").desc(), col("window_id"));
    Dataset<Row> best =
        nearestStrings
            .where(col("similarity").gt(lit(threshold)))
            .withColumn("place", row_number().over(bestFirst))
            .where(col("place").leq(lit(keep)))
            .drop("place");
    return rounded(best).sort(col("prompt_id"), col("similarity").desc(), col("window_id"));
  }

  /**
   * Rows with the file columns of {@link Tables#RING_DISTRIBUTIONS}.
   *
   * @param evidence of a join with these settings, whose bins are the rings
   */
  public static Dataset<Row> ringDistributions(Dataset<Evidence> evidence, JoinSettings settings) {
    return similarityBins(evidence, settings).withColumnRenamed("bin", "ring");
  }

  /**
   * Rows with the file columns of {@link Tables#RING_DISTRIBUTIONS}.
   *
   * @param similarityBins rows of {@link Tables#SIMILARITY_BINS} of one block
   * @param rings whose edges are among those of the bins
   */
  public static Dataset<Row> ringDistributions(Dataset<Row> similarityBins, SimilarityBins rings) {
    Column ring = lit(SimilarityBins.BELOW);
    Column above = lit(rings.floor());
    for (int i = 0; i < rings.count(); i++) {
      ring = when(col("above").geq(lit(rings.edge(i))), lit(i)).otherwise(ring);
      above = when(col("above").geq(lit(rings.edge(i))), lit(rings.edge(i))).otherwise(above);
    }

    Dataset<Row> bins =
        similarityBins
            .withColumn("ring", ring)
            .withColumn("above", above)
            .where(col("ring").geq(lit(0)));
    Dataset<Row> counts =
        bins.select(
                col("prompt_id"),
                col("ring"),
                explode(col("counts")).as(new String[] {"token", "count"}))
            .groupBy("prompt_id", "ring", "token")
            .agg(sum("count").as("count"))
            .groupBy("prompt_id", "ring")
            .agg(
                map_from_entries(array_sort(collect_list(struct(col("token"), col("count")))))
                    .as("counts"));
    return bins.groupBy("prompt_id", "ring")
        .agg(
            max("above").as("above"),
            sum("similar_count").as("similar_count"),
            bool_or(col("own_window_similar")).as("own_window_similar"))
        .join(counts, new String[] {"prompt_id", "ring"}, "left")
        .select(
            col("prompt_id"),
            col("ring"),
            col("above"),
            col("similar_count"),
            coalesce(col("counts"), map().cast(COUNTS)).as("counts"),
            col("own_window_similar"))
        .sort("prompt_id", "ring");
  }

  private static Dataset<Row> rounded(Dataset<Row> strings) {
    return strings.withColumn("similarity", col("similarity").cast(DataTypes.FloatType));
  }

  /**
   * Rows with the file columns of {@link Tables#BLOCK_DISTRIBUTIONS}.
   *
   * @param similarityBins rows of {@link Tables#SIMILARITY_BINS} of one block
   * @param prompts rows of {@link Tables#PROMPTS} of the same prompt set
   * @param threshold the lower edge of a bin
   */
  public static Dataset<Row> blockDistributions(
      Dataset<Row> similarityBins, Dataset<Row> prompts, double threshold) {
    Dataset<Row> bins = similarityBins.where(col("above").geq(lit(threshold)));
    Dataset<Row> counts =
        bins.select(col("prompt_id"), explode(col("counts")).as(new String[] {"token", "count"}))
            .groupBy("prompt_id", "token")
            .agg(sum("count").as("count"))
            .groupBy("prompt_id")
            .agg(
                map_from_entries(array_sort(collect_list(struct(col("token"), col("count")))))
                    .as("counts"));
    Dataset<Row> strings =
        bins.groupBy("prompt_id")
            .agg(
                sum("similar_count").as("similar_count"),
                bool_or(col("own_window_similar")).as("own_window_similar"));
    return prompts
        .select("prompt_id")
        .join(strings, new String[] {"prompt_id"}, "left")
        .join(counts, new String[] {"prompt_id"}, "left")
        .select(
            col("prompt_id"),
            coalesce(col("similar_count"), lit(0L)).as("similar_count"),
            coalesce(col("counts"), map().cast(COUNTS)).as("counts"),
            coalesce(col("own_window_similar"), lit(false)).as("own_window_similar"))
        .sort("prompt_id");
  }
}
