/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.evaluation;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.count;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.max;
import static org.apache.spark.sql.functions.min;
import static org.apache.spark.sql.functions.sum;

import dev.kindred.table.Tables;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.functions;

/**
 * Every figure of a run under a dotted name.
 *
 * <p>{@code .std} is the sample standard deviation. Means and deviations are summed in prompt order
 * or in exact arithmetic, so they do not depend on partitions.
 */
public final class Summaries {
  /** The value of column {@code analysis} for a run's own figures. */
  public static final String OF_RUN = "run";

  private Summaries() {}

  /** Rows with the file columns of {@link Tables#SUMMARIES}, in one file. */
  public static Dataset<Row> rows(SparkSession spark, Map<String, Double> metrics) {
    List<Row> rows = new ArrayList<>();
    metrics.forEach((metric, value) -> rows.add(RowFactory.create(metric, value)));
    return spark.createDataFrame(rows, Tables.SUMMARIES.fileColumns()).coalesce(1);
  }

  /** The figures of some rows of {@link Tables#SUMMARIES}, which have every metric once. */
  public static Map<String, Double> metrics(Dataset<Row> summaries) {
    Map<String, Double> metrics = new LinkedHashMap<>();
    summaries
        .select("metric", "value")
        .collectAsList()
        .forEach(row -> metrics.put(row.getString(0), row.getDouble(1)));
    return metrics;
  }

  /**
   * The figures of one run:
   *
   * <ul>
   *   <li>{@code compatible.prompts}, {@code compatible.prompts_without_evidence}
   *   <li>{@code compatible.hellinger.mean|std|min|max}: over all prompts; 1 without evidence
   *   <li>{@code compatible.top1}: share of prompts whose top token agrees, in [0, 1]
   *   <li>{@code compatible.top.<n>.in_order|any_order}: share of prompts whose n most probable
   *       tokens are the model's, n = 1 .. 10
   *   <li>the same with {@code honest} in place of {@code compatible}: without the prompt's own
   *       window as evidence
   *   <li>{@code block.<b>.similar_strings.mean|std|min|max}: similar strings a prompt
   *   <li>{@code block.<b>.similar_strings.total}: over all prompts
   * </ul>
   *
   * <p>Every run has {@link PromptFigures}, too, one with alternates has {@link #noiseFloor}, and
   * there are {@code block.<b>.join.axes|by_prefix|by_float|by_double}: what {@link
   * dev.kindred.similarity.SimilarStrings#metrics} says of each join. They describe the computation
   * and may differ between runs with the same results.
   *
   * @param distances rows of {@link Tables#DISTANCES} of one run
   * @param approximations rows of {@link Tables#APPROXIMATIONS} of the run
   * @param blockDistributions rows of {@link Tables#BLOCK_DISTRIBUTIONS} of the run
   */
  public static Map<String, Double> of(
      Dataset<Row> distances, Dataset<Row> approximations, Dataset<Row> blockDistributions) {
    Map<String, Double> metrics = new LinkedHashMap<>();
    List<Row> rows =
        distances
            .select(
                col("prompt_id"),
                col("hellinger"),
                col("hellinger_leave_one_out"),
                col("top_token_agrees"),
                col("leave_one_out_top_token").eqNullSafe(col("model_top_token")),
                col("leading_agreement"),
                col("set_agreement"),
                col("leave_one_out_leading_agreement"),
                col("leave_one_out_set_agreement"))
            .sort("prompt_id")
            .collectAsList();
    metrics.put("compatible.prompts", (double) rows.size());
    metrics.put(
        "compatible.prompts_without_evidence", withoutEvidence(approximations, "probabilities"));
    describe(
        metrics, "compatible.hellinger", rows.stream().mapToDouble(r -> r.getDouble(1)).toArray());
    metrics.put("compatible.top1", share(rows, 3));
    topTokens(metrics, "compatible", rows, 5);
    metrics.put(
        "honest.prompts_without_evidence",
        withoutEvidence(approximations, "leave_one_out_probabilities"));
    describe(metrics, "honest.hellinger", rows.stream().mapToDouble(r -> r.getDouble(2)).toArray());
    metrics.put("honest.top1", share(rows, 4));
    topTokens(metrics, "honest", rows, 7);
    similarStrings(metrics, blockDistributions);
    return metrics;
  }

  /**
   * The noise floor: how far apart equally good models are.
   *
   * <ul>
   *   <li>{@code noise_floor.hellinger.mean|std|min|max}: over all prompts and alternates
   *   <li>{@code noise_floor.<a>.hellinger.mean|std|min|max}: of alternate a, from 0
   *   <li>{@code noise_floor.top1}: share of prompts and alternates with the model's most probable
   *       token, in [0, 1]; missing where an alternate was compared by version 0.2
   * </ul>
   *
   * @param alternates each one's rows of {@link Tables#MODEL_DISTANCES} to one model over one
   *     prompt set
   * @return no figure if there is no alternate
   */
  public static Map<String, Double> noiseFloor(List<Dataset<Row>> alternates) {
    Map<String, Double> metrics = new LinkedHashMap<>();
    List<double[]> distances =
        alternates.stream()
            .map(
                rows ->
                    rows.select("prompt_id", "hellinger").sort("prompt_id").collectAsList().stream()
                        .mapToDouble(row -> row.getDouble(1))
                        .toArray())
            .toList();
    if (!distances.isEmpty()) {
      describe(
          metrics,
          "noise_floor.hellinger",
          distances.stream().flatMapToDouble(Arrays::stream).toArray());
    }

    List<Row> agreements =
        alternates.stream()
            .flatMap(rows -> rows.select("top_token_agrees").collectAsList().stream())
            .toList();
    if (!agreements.isEmpty() && agreements.stream().noneMatch(row -> row.isNullAt(0))) {
      metrics.put("noise_floor.top1", share(agreements, 0));
    }

    for (int alternate = 0; alternate < distances.size(); alternate++) {
      describe(metrics, "noise_floor." + alternate + ".hellinger", distances.get(alternate));
    }

    return metrics;
  }

  private static double share(List<Row> rows, int column) {
    return (double) rows.stream().filter(row -> row.getBoolean(column)).count() / rows.size();
  }

  /** Agreement of the n most probable tokens, from columns leading_agreement and set_agreement. */
  private static void topTokens(
      Map<String, Double> metrics, String protocol, List<Row> rows, int column) {
    double[] inOrder = new double[Distances.TOP + 1];
    double[] anyOrder = new double[Distances.TOP + 1];
    for (Row row : rows) {
      for (int n = 1; n <= row.getInt(column); n++) {
        inOrder[n]++;
      }

      row.<Integer>getList(column + 1).forEach(n -> anyOrder[n]++);
    }

    for (int n = 1; n <= Distances.TOP; n++) {
      String name = protocol + ".top." + n;
      metrics.put(name + ".in_order", inOrder[n] / rows.size());
      metrics.put(name + ".any_order", anyOrder[n] / rows.size());
    }
  }

  private static double withoutEvidence(Dataset<Row> approximations, String probabilities) {
    return approximations.where(functions.size(col(probabilities)).equalTo(0)).count();
  }

  static void describe(Map<String, Double> metrics, String name, double[] values) {
    double total = 0;
    double min = Double.POSITIVE_INFINITY;
    double max = Double.NEGATIVE_INFINITY;
    for (double value : values) {
      total += value;
      min = Math.min(min, value);
      max = Math.max(max, value);
    }

    double mean = total / values.length;
    double squares = 0;
    for (double value : values) {
      squares += (value - mean) * (value - mean);
    }

    metrics.put(name + ".mean", mean);
    metrics.put(name + ".std", values.length > 1 ? Math.sqrt(squares / (values.length - 1)) : 0);
    metrics.put(name + ".min", min);
    metrics.put(name + ".max", max);
  }

  /**
   * {@code .mean|std|min|max} of columns of doubles, in groups of rows, whatever their order: sums
   * are exact, of values and squares rounded to 20 decimal places.
   *
   * @param groups columns that are equal within a group
   * @param name of a group's figures, from a row with {@code groups}; the column's follows
   */
  public static Map<String, Double> describe(
      Dataset<Row> rows, List<String> groups, Function<Row, String> name, String... columns) {
    List<Column> figures = new ArrayList<>();
    for (String column : columns) {
      figures.add(sum(exact(col(column))));
      figures.add(sum(exact(col(column).multiply(col(column)))));
      figures.add(min(column));
      figures.add(max(column));
    }

    Map<String, Double> metrics = new LinkedHashMap<>();
    Column[] keys = groups.stream().map(functions::col).toArray(Column[]::new);
    for (Row group :
        rows.groupBy(keys)
            .agg(count(lit(1)), figures.toArray(Column[]::new))
            .sort(keys)
            .collectAsList()) {
      long n = group.getLong(keys.length);
      for (int i = 0; i < columns.length; i++) {
        int at = keys.length + 1 + 4 * i;
        String metric = name.apply(group) + columns[i];
        metrics.put(metric + ".mean", group.getDecimal(at).doubleValue() / n);
        metrics.put(metric + ".std", deviation(n, group.getDecimal(at), group.getDecimal(at + 1)));
        metrics.put(metric + ".min", group.getDouble(at + 2));
        metrics.put(metric + ".max", group.getDouble(at + 3));
      }
    }

    return metrics;
  }

  private static Column exact(Column column) {
    return column.cast("decimal(38,20)");
  }

  private static void similarStrings(Map<String, Double> metrics, Dataset<Row> distributions) {
    List<Row> blocks =
        distributions
            .withColumn("exact", col("similar_count").cast("decimal(19,0)"))
            .groupBy("block")
            .agg(
                count(lit(1)),
                sum(col("exact")).cast("decimal(38,0)"),
                sum(col("exact").multiply(col("exact"))).cast("decimal(38,0)"),
                min("similar_count"),
                max("similar_count"))
            .sort("block")
            .collectAsList();
    for (Row block : blocks) {
      String name = "block." + block.getInt(0) + ".similar_strings";
      long prompts = block.getLong(1);
      BigDecimal total = block.getDecimal(2);
      metrics.put(name + ".mean", total.doubleValue() / prompts);
      metrics.put(name + ".std", deviation(prompts, total, block.getDecimal(3)));
      metrics.put(name + ".min", (double) block.getLong(4));
      metrics.put(name + ".max", (double) block.getLong(5));
      metrics.put(name + ".total", total.doubleValue());
    }
  }

  /** Sample standard deviation from exact sums: sqrt((sum x^2 - (sum x)^2 / n) / (n - 1)). */
  private static double deviation(long n, BigDecimal sum, BigDecimal sumOfSquares) {
    if (n < 2) {
      return 0;
    }

    BigDecimal squaredMean =
        sum.multiply(sum).divide(BigDecimal.valueOf(n), MathContext.DECIMAL128);
    // Of rounded squares of equal values it could be less than nothing.
    double squares = Math.max(0, sumOfSquares.subtract(squaredMean).doubleValue());
    return Math.sqrt(squares / (n - 1));
  }
}
