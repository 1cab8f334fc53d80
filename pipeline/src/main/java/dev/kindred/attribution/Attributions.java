/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.attribution;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.explode;
import static org.apache.spark.sql.functions.posexplode;

import dev.kindred.ContentId;
import dev.kindred.attribution.Attribution.Agreement;
import dev.kindred.attribution.Attribution.Integrated;
import dev.kindred.attribution.Attribution.Question;
import dev.kindred.attribution.Attribution.Removals;
import dev.kindred.attribution.Attribution.Scores;
import dev.kindred.evaluation.Summaries;
import dev.kindred.model.GpuTasks;
import dev.kindred.model.ResidualStream;
import dev.kindred.model.files.LoadedModels;
import dev.kindred.model.files.ModelDirectory;
import dev.kindred.table.Figures;
import dev.kindred.table.Figures.Measure;
import dev.kindred.table.Tables;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/** Attributions of many prompts, spread over executors, and as rows of tables. */
public final class Attributions {
  /** Value of column {@code taken_by} for orders by chance. */
  public static final String RANDOM = "random";

  /** Quantities of {@link #summarize}, each a measure of two scores, or of one and a count. */
  public static final String CORRELATION = "correlation_with ";

  public static final String CORRELATION_WITHOUT_LAST = "correlation_without_last_with ";
  public static final String OBJECTIVE_WITHOUT = "objective_without_first ";

  private static final StructType MEASURED =
      new StructType()
          .add("scores", DataTypes.createArrayType(Tables.ATTRIBUTIONS.fileColumns()))
          .add("checks", DataTypes.createArrayType(Tables.ATTRIBUTION_CHECKS.fileColumns()));

  private Attributions() {}

  /**
   * All that is asked of a model at once.
   *
   * @param objective its name
   * @param replacement its name
   * @param weights of the tokens that a marginal replacement averages over, by name; else null
   * @param promptSet of the prompts; null for given ones
   * @param prompts token ids of each, with the token that begins texts if the model reads one
   */
  public record Asked(
      Question question,
      String objective,
      String replacement,
      String weights,
      String promptSet,
      List<int[]> prompts)
      implements Serializable {

    /** Differs for everything that gives different rows. */
    public String key() {
      ContentId id = new ContentId();
      id.add(question.methods().stream().sorted().toList() + "\n");
      id.add(objective + "\n" + replacement + "\n" + weights + "\n" + promptSet + "\n");
      prompts.forEach(prompt -> id.add(Arrays.toString(prompt)));
      return id.id("q");
    }
  }

  /**
   * Attributes the predictions of some prompts. Each is computed by itself, so that tasks make no
   * difference.
   *
   * @param from number of the first prompt
   * @param to number after the last one
   * @param tasks over which they are spread
   * @return one row a prompt, for {@link #scores} and {@link #checks}, in no order; each evaluation
   *     of them computes everything anew
   */
  public static Dataset<Row> measure(
      SparkSession spark,
      Broadcast<ModelDirectory> model,
      Asked asked,
      int from,
      int to,
      int tasks) {
    Asked some =
        new Asked(
            asked.question(),
            asked.objective(),
            asked.replacement(),
            asked.weights(),
            asked.promptSet(),
            List.copyOf(asked.prompts().subList(from, to)));
    return GpuTasks.mapNumbers(
        spark, to - from, tasks, new Task(model, some, from), Encoders.row(MEASURED));
  }

  private static final class Task implements MapPartitionsFunction<Integer, Row> {
    private static final long serialVersionUID = 1L;

    private final Broadcast<ModelDirectory> directory;
    private final Asked asked;
    private final int from;

    private Task(Broadcast<ModelDirectory> directory, Asked asked, int from) {
      this.directory = directory;
      this.asked = asked;
      this.from = from;
    }

    @Override
    public Iterator<Row> call(Iterator<Integer> numbers) {
      if (!numbers.hasNext()) {
        return Collections.emptyIterator();
      }

      ResidualStream model = LoadedModels.stream(directory.value());
      Iterable<Integer> all = () -> numbers;
      return StreamSupport.stream(all.spliterator(), false)
          .map(
              number -> {
                Attribution found =
                    Attribution.of(model, asked.prompts().get(number), asked.question());
                return RowFactory.create(
                    scoreRows(asked, from + number, found).toArray(),
                    checkRows(asked, from + number, found).toArray());
              })
          .iterator();
    }
  }

  /** Rows with the file columns of {@link Tables#ATTRIBUTIONS}. */
  public static Dataset<Row> scores(Dataset<Row> measured) {
    return measured.select(explode(col("scores")).as("row")).select("row.*");
  }

  /** Rows with the file columns of {@link Tables#ATTRIBUTION_CHECKS}. */
  public static Dataset<Row> checks(Dataset<Row> measured) {
    return measured.select(explode(col("checks")).as("row")).select("row.*");
  }

  private static List<Row> scoreRows(Asked asked, int prompt, Attribution found) {
    Objective objective = found.objective();
    boolean isSum = objective.kind() == Objective.Kind.LOGIT_SUM;
    boolean isDifference = objective.kind() == Objective.Kind.LOGIT_DIFFERENCE;
    List<Row> rows = new ArrayList<>();
    for (Scores scores : found.scores()) {
      double[] values = scores.values();
      double greatest = Arrays.stream(values).map(Math::abs).max().orElseThrow();
      for (int position = 0; position < values.length; position++) {
        rows.add(
            Tables.ATTRIBUTIONS.row(
                asked.promptSet(),
                prompt,
                position,
                found.tokenIds()[position],
                found.predicted(),
                found.probability(),
                objective.kind().text(),
                isSum ? null : objective.token(),
                isDifference ? objective.other() : null,
                found.value(),
                asked.replacement(),
                asked.weights(),
                scores.score().method().text(),
                scores.score().variant(),
                values[position],
                greatest == 0 ? 0 : values[position] / greatest));
      }
    }

    return rows;
  }

  private static List<Row> checkRows(Asked asked, int prompt, Attribution found) {
    return found.removals().stream()
        .map(
            removals -> {
              Integrated integrated =
                  removals.order() == Score.INTEGRATED ? found.integrated() : null;
              Map<String, Double> all = new TreeMap<>();
              Map<String, Double> withoutLast = new TreeMap<>();
              for (Agreement agreement : found.agreements()) {
                if (agreement.isOf(removals.order())) {
                  String other = agreement.other(removals.order()).text();
                  putDefined(all, other, agreement.all());
                  putDefined(withoutLast, other, agreement.withoutLast());
                }
              }

              return Tables.ATTRIBUTION_CHECKS.row(
                  asked.promptSet(),
                  prompt,
                  removals.order() == null ? RANDOM : removals.order().text(),
                  removals.values(),
                  all,
                  withoutLast,
                  integrated == null ? null : integrated.sum(),
                  integrated == null ? null : integrated.difference(),
                  integrated == null ? null : integrated.steps());
            })
        .toList();
  }

  private static void putDefined(Map<String, Double> correlations, String other, Double value) {
    if (value != null) {
      correlations.put(other, value);
    }
  }

  /**
   * Returns what rows say, by prompt.
   *
   * @param scores all rows of {@link Tables#ATTRIBUTIONS} of some prompts of one question
   * @param checks all rows of {@link Tables#ATTRIBUTION_CHECKS} of the same
   */
  public static List<Attribution> read(Dataset<Row> scores, Dataset<Row> checks) {
    Map<Integer, List<Row>> checksByPrompt = byPrompt(checks);
    return byPrompt(scores).entrySet().stream()
        .map(rows -> read(rows.getValue(), checksByPrompt.get(rows.getKey())))
        .toList();
  }

  private static Map<Integer, List<Row>> byPrompt(Dataset<Row> rows) {
    return rows.collectAsList().stream()
        .collect(
            Collectors.groupingBy(
                row -> row.<Integer>getAs("prompt_id"), TreeMap::new, Collectors.toList()));
  }

  private static Attribution read(List<Row> scoreRows, List<Row> checkRows) {
    TreeMap<Score, TreeMap<Integer, Row>> byScore = new TreeMap<>();
    for (Row row : scoreRows) {
      String method = row.getAs("method");
      String variant = row.getAs("variant");
      byScore
          .computeIfAbsent(
              Score.of(variant == null ? method : method + " " + variant), score -> new TreeMap<>())
          .put(row.getAs("position"), row);
    }

    List<Scores> scores =
        byScore.entrySet().stream()
            .map(
                entry ->
                    new Scores(
                        entry.getKey(),
                        entry.getValue().values().stream()
                            .mapToDouble(row -> row.<Double>getAs("score"))
                            .toArray()))
            .toList();
    List<Row> orders =
        checkRows.stream()
            .sorted(Comparator.comparing(Attributions::order, Attributions::randomLast))
            .toList();
    Row first = scoreRows.get(0);
    int predicted = first.getAs("predicted");
    Integer about = first.getAs("about");
    Integer other = first.getAs("other");
    String kind = first.getAs("objective");
    return new Attribution(
        byScore.firstEntry().getValue().values().stream()
            .mapToInt(row -> row.<Integer>getAs("token_id"))
            .toArray(),
        predicted,
        first.getAs("probability"),
        new Objective(
            Objective.Kind.of(kind),
            about == null ? predicted : about,
            other == null ? about == null ? predicted : about : other),
        first.getAs("value"),
        scores,
        orders.stream()
            .filter(row -> order(row) == Score.INTEGRATED)
            .map(
                row ->
                    new Integrated(
                        row.getAs("integrated_sum"),
                        row.getAs("integrated_gain"),
                        row.getAs("integrated_points")))
            .findFirst()
            .orElse(null),
        agreements(orders),
        orders.stream()
            .map(
                row ->
                    new Removals(
                        order(row),
                        row.<Double>getList(row.fieldIndex("objectives")).stream()
                            .mapToDouble(Double::doubleValue)
                            .toArray()))
            .toList());
  }

  /** The score that an order is by; null for random ones. */
  private static Score order(Row row) {
    String name = row.getAs("taken_by");
    return name.equals(RANDOM) ? null : Score.of(name);
  }

  private static int randomLast(Score a, Score b) {
    return a == null || b == null ? Boolean.compare(a == null, b == null) : a.compareTo(b);
  }

  private static List<Agreement> agreements(List<Row> orders) {
    List<Agreement> agreements = new ArrayList<>();
    for (Row first : orders) {
      for (Row second : orders) {
        Score a = order(first);
        Score b = order(second);
        if (a != null && b != null && a.compareTo(b) < 0) {
          agreements.add(
              new Agreement(
                  a,
                  b,
                  first.<String, Double>getJavaMap(first.fieldIndex("correlations")).get(b.text()),
                  first
                      .<String, Double>getJavaMap(first.fieldIndex("correlations_without_last"))
                      .get(b.text())));
        }
      }
    }

    return agreements;
  }

  /**
   * Returns mean, std, min and max over prompts of rank correlations, and of the objective as
   * tokens are taken away: series are the values of {@code taken_by}, quantities begin with {@link
   * #CORRELATION}, {@link #CORRELATION_WITHOUT_LAST} or {@link #OBJECTIVE_WITHOUT}.
   *
   * @param checks rows of {@link Tables#ATTRIBUTION_CHECKS} of one question
   */
  public static Figures summarize(Dataset<Row> checks) {
    return Summaries.describe(
            checks.select(col("taken_by"), posexplode(col("objectives"))),
            List.of("taken_by", "pos"),
            (row, column) -> Measure.of(row.getString(0), OBJECTIVE_WITHOUT + row.getInt(1)),
            "col")
        .putAll(correlations(checks, "correlations", CORRELATION))
        .putAll(correlations(checks, "correlations_without_last", CORRELATION_WITHOUT_LAST));
  }

  private static Figures correlations(Dataset<Row> checks, String column, String quantity) {
    return Summaries.describe(
        checks.select(col("taken_by"), explode(col(column))),
        List.of("taken_by", "key"),
        (row, value) -> Measure.of(row.getString(0), quantity + row.getString(1)),
        "value");
  }
}
