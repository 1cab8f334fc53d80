/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.evaluation;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.count;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.max;
import static org.apache.spark.sql.functions.min;
import static org.apache.spark.sql.functions.sum;

import dev.kindred.table.Figures;
import dev.kindred.table.Figures.Measure;
import dev.kindred.table.Tables;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.UnaryOperator;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.functions;

/**
 * The figures of a run. Means and deviations are summed in prompt order or in exact arithmetic, so
 * they do not depend on partitions.
 */
public final class Summaries {
  /** The value of column {@code analysis} for a run's own figures. */
  public static final String OF_RUN = "run";

  private Summaries() {}

  /** What the report is about: distributions that are counted after similar strings. */
  public static final String SIMILAR_STRINGS = "similar_strings";

  /** Models that were trained as the model was, from other seeds. */
  public static final String NOISE_FLOOR = "noise_floor";

  public static final String HELLINGER = "hellinger";

  /** Whether the most probable token is the model's. */
  public static final String TOP1 = "top1";

  /** How many prompts there are. */
  public static final String PROMPTS = "prompts";

  /** How many prompts have no similar string. */
  public static final String WITHOUT_EVIDENCE = "prompts_without_evidence";

  /** Whether the n most probable tokens are the model's, in its order: statistics top_1 .. */
  public static final String IN_ORDER = "first_tokens_in_order";

  /** The same in any order. */
  public static final String IN_ANY_ORDER = "first_tokens_in_any_order";

  /** Similar strings of a prompt. */
  public static final String STRINGS = "strings";

  /** How a join settled its pairs: statistics axes, by_prefix, by_float and by_double. */
  public static final Measure JOIN = Measure.of("join", "pairs");

  /**
   * Returns the figures of one run's similar strings, for each protocol:
   *
   * <ul>
   *   <li>{@link #PROMPTS} and {@link #WITHOUT_EVIDENCE}: statistic count
   *   <li>{@link #HELLINGER}: mean, std, min and max over all prompts; 1 without evidence
   *   <li>{@link #TOP1}: mean, the share of prompts whose top token agrees, in [0, 1]
   *   <li>{@link #IN_ORDER}, {@link #IN_ANY_ORDER}: top_n, the share of prompts whose n most
   *       probable tokens are the model's, n = 1 .. 10
   *   <li>{@link #STRINGS} of each block: mean, std, min and max of a prompt's, and their total
   * </ul>
   *
   * <p>Every run has {@link PromptFigures}, too, one with alternates has {@link #noiseFloor}, and
   * there is {@link #JOIN} of each block: what {@link
   * dev.kindred.similarity.SimilarStrings#metrics} says. It describes the computation and may
   * differ between runs with the same results.
   *
   * @param distances rows of {@link Tables#DISTANCES} of one run
   * @param approximations rows of {@link Tables#APPROXIMATIONS} of the run
   * @param blockDistributions rows of {@link Tables#BLOCK_DISTRIBUTIONS} of the run
   */
  public static Figures of(
      Dataset<Row> distances, Dataset<Row> approximations, Dataset<Row> blockDistributions) {
    Figures figures = new Figures();
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
    figures
        .put(of(PROMPTS).compatible(), "count", rows.size())
        .put(
            of(WITHOUT_EVIDENCE).compatible(),
            "count",
            withoutEvidence(approximations, "probabilities"))
        .describe(
            of(HELLINGER).compatible(), rows.stream().mapToDouble(r -> r.getDouble(1)).toArray())
        .put(of(TOP1).compatible(), "mean", share(rows, 3));
    topTokens(figures, Measure::compatible, rows, 5);
    figures
        .put(
            of(WITHOUT_EVIDENCE).honest(),
            "count",
            withoutEvidence(approximations, "leave_one_out_probabilities"))
        .describe(of(HELLINGER).honest(), rows.stream().mapToDouble(r -> r.getDouble(2)).toArray())
        .put(of(TOP1).honest(), "mean", share(rows, 4));
    topTokens(figures, Measure::honest, rows, 7);
    similarStrings(figures, blockDistributions);
    return figures;
  }

  /** Returns a measure of similar strings, of all prompts. */
  public static Measure of(String quantity) {
    return Measure.of(SIMILAR_STRINGS, quantity);
  }

  /** Returns the distance of one alternate, from 0. */
  public static Measure alternate(int alternate) {
    return Measure.of("alternate_" + alternate, HELLINGER);
  }

  /**
   * Returns the noise floor, how far apart equally good models are: of {@link #NOISE_FLOOR} the
   * distances over all prompts and alternates, and the share with the model's most probable token,
   * which is missing where an alternate was compared by version 0.2; and the distances of each
   * {@link #alternate}.
   *
   * @param alternates each one's rows of {@link Tables#MODEL_DISTANCES} to one model over one
   *     prompt set
   * @return no figure if there is no alternate
   */
  public static Figures noiseFloor(List<Dataset<Row>> alternates) {
    Figures figures = new Figures();
    List<double[]> distances =
        alternates.stream()
            .map(
                rows ->
                    rows.select("prompt_id", "hellinger").sort("prompt_id").collectAsList().stream()
                        .mapToDouble(row -> row.getDouble(1))
                        .toArray())
            .toList();
    if (!distances.isEmpty()) {
      figures.describe(
          Measure.of(NOISE_FLOOR, HELLINGER),
          distances.stream().flatMapToDouble(Arrays::stream).toArray());
    }

    List<Row> agreements =
        alternates.stream()
            .flatMap(rows -> rows.select("top_token_agrees").collectAsList().stream())
            .toList();
    if (!agreements.isEmpty() && agreements.stream().noneMatch(row -> row.isNullAt(0))) {
      figures.put(Measure.of(NOISE_FLOOR, TOP1), "mean", share(agreements, 0));
    }

    for (int alternate = 0; alternate < distances.size(); alternate++) {
      figures.describe(alternate(alternate), distances.get(alternate));
    }

    return figures;
  }

  private static double share(List<Row> rows, int column) {
    return (double) rows.stream().filter(row -> row.getBoolean(column)).count() / rows.size();
  }

  /** Agreement of the n most probable tokens, from columns leading_agreement and set_agreement. */
  private static void topTokens(
      Figures figures, UnaryOperator<Measure> protocol, List<Row> rows, int column) {
    double[] inOrder = new double[Distances.TOP + 1];
    double[] anyOrder = new double[Distances.TOP + 1];
    for (Row row : rows) {
      for (int n = 1; n <= row.getInt(column); n++) {
        inOrder[n]++;
      }

      row.<Integer>getList(column + 1).forEach(n -> anyOrder[n]++);
    }

    for (int n = 1; n <= Distances.TOP; n++) {
      figures
          .put(protocol.apply(of(IN_ORDER)), top(n), inOrder[n] / rows.size())
          .put(protocol.apply(of(IN_ANY_ORDER)), top(n), anyOrder[n] / rows.size());
    }
  }

  private static double withoutEvidence(Dataset<Row> approximations, String probabilities) {
    return approximations.where(functions.size(col(probabilities)).equalTo(0)).count();
  }

  /** Returns the statistic of the n most probable tokens. */
  public static String top(int n) {
    return "top_" + n;
  }

  /**
   * Returns mean, std, min and max of columns of doubles, in groups of rows, whatever their order:
   * sums are exact, of values and squares rounded to 20 decimal places.
   *
   * @param groups columns that are equal within a group
   * @param measure of a group, from a row with {@code groups}, and a column
   */
  public static Figures describe(
      Dataset<Row> rows,
      List<String> groups,
      BiFunction<Row, String, Measure> measure,
      String... columns) {
    List<Column> aggregates = new ArrayList<>();
    for (String column : columns) {
      aggregates.add(sum(exact(col(column))));
      aggregates.add(sum(exact(col(column).multiply(col(column)))));
      aggregates.add(min(column));
      aggregates.add(max(column));
    }

    Figures figures = new Figures();
    Column[] keys = groups.stream().map(functions::col).toArray(Column[]::new);
    for (Row group :
        rows.groupBy(keys)
            .agg(count(lit(1)), aggregates.toArray(Column[]::new))
            .sort(keys)
            .collectAsList()) {
      long n = group.getLong(keys.length);
      for (int i = 0; i < columns.length; i++) {
        int at = keys.length + 1 + 4 * i;
        Measure of = measure.apply(group, columns[i]);
        figures
            .put(of, "mean", group.getDecimal(at).doubleValue() / n)
            .put(of, "std", deviation(n, group.getDecimal(at), group.getDecimal(at + 1)))
            .put(of, "min", group.getDouble(at + 2))
            .put(of, "max", group.getDouble(at + 3));
      }
    }

    return figures;
  }

  private static Column exact(Column column) {
    return column.cast("decimal(38,20)");
  }

  private static void similarStrings(Figures figures, Dataset<Row> distributions) {
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
      Measure of = of(STRINGS).block(block.getInt(0));
      long prompts = block.getLong(1);
      BigDecimal total = block.getDecimal(2);
      figures
          .put(of, "mean", total.doubleValue() / prompts)
          .put(of, "std", deviation(prompts, total, block.getDecimal(3)))
          .put(of, "min", (double) block.getLong(4))
          .put(of, "max", (double) block.getLong(5))
          .put(of, "total", total.doubleValue());
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
