/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.similarity;

import static org.apache.spark.sql.functions.array_sort;
import static org.apache.spark.sql.functions.arrays_zip;
import static org.apache.spark.sql.functions.bool_or;
import static org.apache.spark.sql.functions.coalesce;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.collect_list;
import static org.apache.spark.sql.functions.explode;
import static org.apache.spark.sql.functions.get;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.map;
import static org.apache.spark.sql.functions.map_from_arrays;
import static org.apache.spark.sql.functions.map_from_entries;
import static org.apache.spark.sql.functions.row_number;
import static org.apache.spark.sql.functions.struct;
import static org.apache.spark.sql.functions.sum;

import dev.kindred.table.Tables;
import org.apache.spark.api.java.function.FlatMapFunction;
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
   * @param evidence of a join with one bin
   */
  public static Dataset<Row> blockDistributions(Dataset<Evidence> evidence) {
    return evidence
        .select(
            col("promptId").as("prompt_id"),
            coalesce(get(col("similarCounts"), lit(0)), lit(0L)).as("similar_count"),
            map_from_arrays(col("tokens"), col("counts")).as("counts"),
            col("ownBin").geq(lit(0)).as("own_window_similar"))
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
