/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.evaluation;

import static org.apache.spark.sql.functions.aggregate;
import static org.apache.spark.sql.functions.array;
import static org.apache.spark.sql.functions.array_compact;
import static org.apache.spark.sql.functions.array_max;
import static org.apache.spark.sql.functions.array_min;
import static org.apache.spark.sql.functions.avg;
import static org.apache.spark.sql.functions.coalesce;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.count;
import static org.apache.spark.sql.functions.count_distinct;
import static org.apache.spark.sql.functions.count_if;
import static org.apache.spark.sql.functions.element_at;
import static org.apache.spark.sql.functions.exists;
import static org.apache.spark.sql.functions.explode;
import static org.apache.spark.sql.functions.forall;
import static org.apache.spark.sql.functions.least;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.map_keys;
import static org.apache.spark.sql.functions.map_values;
import static org.apache.spark.sql.functions.max;
import static org.apache.spark.sql.functions.min;
import static org.apache.spark.sql.functions.not;
import static org.apache.spark.sql.functions.sequence;
import static org.apache.spark.sql.functions.shiftrightunsigned;
import static org.apache.spark.sql.functions.size;
import static org.apache.spark.sql.functions.struct;
import static org.apache.spark.sql.functions.sum;
import static org.apache.spark.sql.functions.when;
import static org.apache.spark.sql.functions.xxhash64;

import dev.kindred.model.LanguageModel;
import dev.kindred.model.ModelShape;
import dev.kindred.table.Table;
import dev.kindred.table.Tables;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.StructField;

/**
 * Checks the tables of a run against each other and against the model, before the run is published.
 *
 * <p>Everything that has a row a prompt is checked in full. Of the activations, which are nearly
 * all of a warehouse's bytes, all window ids are checked but only a sample of the vectors ({@link
 * ActivationSample}): a full scan would take as long as a join reads. That the windows' ids are
 * distinct is not checked by itself; evaluating them in {@link dev.kindred.activation.Activations}
 * fails where two are the same.
 */
public final class Audit {
  /** How far a sum of an approximation's probabilities may be from 1. */
  private static final double SUM_ERROR = 1e-9;

  /** How far a summary may be from what its table says, relative to the larger of it and 1. */
  private static final double SUMMARY_ERROR = 1e-9;

  /** Half a unit in the last place of 1.0f. */
  private static final double FLOAT_ROUNDING = 0x1p-24;

  private static final int WHOLE_PROMPT = -1; // in place of a block
  private static final int WINDOWS = -1; // in place of a block

  /** What is checked, in this order. */
  enum Check {
    /** Windows, and the ids of all activations. */
    WINDOW_IDS,
    /** Everything that has a row a prompt. */
    PROMPTS,
    /** Baselines and what the summaries say. */
    SUMMARIES,
    /** A sample of activations. */
    ACTIVATIONS
  }

  private final Run run;
  private final LanguageModel model;

  /** How far from 1 a prompt's similarity to its own window may be, evaluated in other batches. */
  private static final double OWN_WINDOW = 1e-3;

  private final List<String> problems = new ArrayList<>();

  /**
   * A run's tables, each with all columns and only this run's rows, and what the run was asked for.
   *
   * @param runId seeds the sample of activations
   * @param windowLength tokens in a window and in a prompt
   * @param thresholds one a block
   * @param keepSimilar similar strings kept for a prompt and block; {@link Integer#MAX_VALUE} for
   *     all
   * @param modelDistances rows of each alternate
   */
  public record Run(
      String runId,
      int windowLength,
      double[] thresholds,
      int keepSimilar,
      Dataset<Row> windows,
      Dataset<Row> activations,
      Dataset<Row> prompts,
      Dataset<Row> promptActivations,
      Dataset<Row> predictions,
      List<Dataset<Row>> modelDistances,
      Dataset<Row> similarStrings,
      Dataset<Row> blockDistributions,
      Dataset<Row> approximations,
      Dataset<Row> distances,
      Dataset<Row> baselines,
      Dataset<Row> baselineFits,
      Dataset<Row> summaries) {}

  private Audit(Run run, LanguageModel model) {
    this.run = run;
    this.model = model;
  }

  /**
   * Checks a run. Runs some Spark jobs and, on the driver, the model on the sample.
   *
   * @param model the run's, loaded
   * @return a line for each problem, with its table, what was expected, what was found and an
   *     example; empty if the run is sound
   */
  public static List<String> problems(Run run, LanguageModel model) {
    return problems(run, model, () -> {});
  }

  /**
   * The same, and says when each of its checks is done.
   *
   * @param checked called four times
   */
  public static List<String> problems(Run run, LanguageModel model, Runnable checked) {
    return problems(run, model, EnumSet.allOf(Check.class), checked);
  }

  /**
   * Some of the checks.
   *
   * @param checks {@link Check#PROMPTS} only with {@link Check#WINDOW_IDS}
   */
  static List<String> problems(Run run, LanguageModel model, Set<Check> checks, Runnable checked) {
    Audit audit = new Audit(run, model);
    Totals totals = null;
    for (Check check : checks) {
      switch (check) {
        case WINDOW_IDS -> totals = audit.windowIds();
        case PROMPTS -> audit.prompts(totals);
        case SUMMARIES -> audit.summaries();
        case ACTIVATIONS -> audit.problems.addAll(ActivationSample.problems(run, model));
      }

      checked.run();
    }

    return audit.problems;
  }

  /**
   * What the windows add up to.
   *
   * @param withoutNextToken windows that only stand at documents' ends
   */
  private record Totals(long windows, long occurrences, long withoutNextToken) {}

  private record Ids(long rows, long nulls, long high, long low) {}

  /** The ids of every block's activations are those of the windows, compared by sums of hashes. */
  private Totals windowIds() {
    Column id = xxhash64(col("window_id"));
    List<Row> rows =
        run.windows()
            .select(
                lit(WINDOWS).as("block"),
                col("window_id"),
                nulls(Tables.WINDOWS).as("incomplete"),
                holds(size(col("token_ids")).equalTo(run.windowLength())).as("whole"),
                holds(col("occurrences").geq(1)).as("occurs"),
                coalesce(col("occurrences"), lit(0L)).as("occurrences"),
                size(col("next_tokens")).equalTo(0).as("last"))
            .unionByName(run.activations().select("block", "window_id"), true)
            .groupBy("block")
            .agg(
                count(lit(1)),
                count_if(col("window_id").isNull()),
                sum(shiftrightunsigned(id, 33)),
                sum(id.bitwiseAND(lit(Integer.MAX_VALUE))),
                count_if(not(col("whole"))),
                count_if(not(col("occurs"))),
                sum("occurrences"),
                count_if(col("last")),
                count_if(col("incomplete")))
            .collectAsList();
    Map<Integer, Ids> ids = new TreeMap<>();
    Totals totals = new Totals(0, 0, 0);
    for (Row row : rows) {
      int block = row.getInt(0);
      ids.put(block, new Ids(row.getLong(1), row.getLong(2), row.getLong(3), row.getLong(4)));
      if (block == WINDOWS) {
        check("windows", row.getLong(9), "no column without a value", "NULL");
        check(
            "windows", row.getLong(5), run.windowLength() + " token_ids", "another number of them");
        check("windows", row.getLong(6), "occurrences of at least 1", "less");
        totals = new Totals(row.getLong(1), row.getLong(7), row.getLong(8));
      }
    }

    if (totals.windows() == 0) {
      problems.add("windows: expected at least one row, found none");
    }

    ids.keySet().stream()
        .filter(block -> block < WINDOWS || block >= blocks())
        .forEach(
            block ->
                problems.add(
                    String.format(
                        Locale.ROOT,
                        "activations: expected blocks 0 to %d, found block %d",
                        blocks() - 1,
                        block)));
    for (int block = 0; block < blocks(); block++) {
      compare(block, ids.get(WINDOWS), ids.getOrDefault(block, new Ids(0, 0, 0, 0)));
    }

    return totals;
  }

  private void check(String table, long rows, String expected, String found) {
    if (rows > 0) {
      problems.add(
          String.format(
              Locale.ROOT, "%s: expected %s, found %s (%d rows)", table, expected, found, rows));
    }
  }

  private void compare(int block, Ids windows, Ids activations) {
    if (activations.equals(windows) || windows == null) {
      return;
    }

    Dataset<Row> ofBlock = run.activations().where(col("block").equalTo(block)).select("window_id");
    problems.add(
        String.format(
            Locale.ROOT,
            "activations: expected in block %d one row for each of %d windows, found %d rows%s",
            block,
            windows.rows(),
            activations.rows(),
            example(ofBlock)));
  }

  private String example(Dataset<Row> ofBlock) {
    List<Row> odd =
        run.windows()
            .groupBy("window_id")
            .agg(count(lit(1)).as("windows"))
            .join(
                ofBlock
                    .groupBy(col("window_id").as("found_id"))
                    .agg(count(lit(1)).as("activations")),
                col("window_id").eqNullSafe(col("found_id")),
                "full")
            .where(not(col("windows").eqNullSafe(1L)).or(not(col("activations").eqNullSafe(1L))))
            .select(
                coalesce(col("window_id"), col("found_id")).as("id"),
                coalesce(col("windows"), lit(0L)),
                coalesce(col("activations"), lit(0L)))
            .sort("id")
            .takeAsList(1);
    return odd.isEmpty()
        ? ""
        : String.format(
            Locale.ROOT,
            ", for instance window_id %s: %d in windows, %d in activations",
            odd.get(0).get(0),
            odd.get(0).getLong(1),
            odd.get(0).getLong(2));
  }

  /** Everything that has a row a prompt, or a prompt and block. */
  private void prompts(Totals totals) {
    Column key = struct(col("prompt_id"), col("block"), col("found"));
    List<Row> faults =
        rowFaults(totals)
            .union(keyFaults())
            .groupBy("place", "expected")
            .agg(count(lit(1)), min(key))
            .sort("place", "expected")
            .collectAsList();
    for (Row fault : faults) {
      Row example = fault.getStruct(3);
      String block = example.getInt(1) == WHOLE_PROMPT ? "" : ", block " + example.get(1);
      problems.add(
          String.format(
              Locale.ROOT,
              "%s: expected %s, found %s (%d rows, for instance prompt_id %s%s)",
              fault.get(0),
              fault.get(1),
              example.get(2),
              fault.getLong(2),
              example.get(0),
              block));
    }
  }

  /** What is wrong with single rows. */
  private Dataset<Row> rowFaults(Totals totals) {
    int vocabulary = model.shape().vocabularySize();
    double sumError = (vocabulary + 16) * FLOAT_ROUNDING;
    Column probabilities = col("probabilities");
    Column sum = sumOf(probabilities);
    Column counts = col("counts");
    Column total = coalesce(sumOf(map_values(counts)), lit(0));
    Column least = col("similar_count").minus(totals.withoutNextToken());
    return faults(
            run.prompts(),
            Tables.PROMPTS,
            rule(
                run.windowLength() + " token_ids from 0 to " + (vocabulary - 1),
                size(col("token_ids"))
                    .equalTo(run.windowLength())
                    .and(within(col("token_ids"), 0, vocabulary - 1)),
                col("token_ids")))
        .union(
            faults(
                run.promptActivations(),
                Tables.PROMPT_ACTIVATIONS,
                rule(
                    "ffn_out of " + model.shape().modelDimension() + " finite floats",
                    size(col("ffn_out"))
                        .equalTo(model.shape().modelDimension())
                        .and(not(exists(col("ffn_out"), Audit::isNotFinite))),
                    array_compact(col("ffn_out")))))
        .union(
            faults(
                run.predictions(),
                Tables.PREDICTIONS,
                rule(
                    vocabulary + " probabilities in [0, 1]",
                    size(probabilities).equalTo(vocabulary).and(within(probabilities, 0, 1)),
                    probabilities),
                rule(
                    String.format(Locale.ROOT, "probabilities of sum 1 within %.1e", sumError),
                    isOne(sum, sumError),
                    sum)))
        .union(
            faults(
                run.blockDistributions(),
                Tables.BLOCK_DISTRIBUTIONS,
                rule(
                    "similar_count from 0 to " + totals.windows() + ", the number of windows",
                    col("similar_count").between(0, totals.windows()),
                    col("similar_count")),
                rule(
                    "counts of at least 1 of tokens from 0 to " + (vocabulary - 1),
                    size(counts)
                        .equalTo(0)
                        .or(
                            within(map_keys(counts), 0, vocabulary - 1)
                                .and(within(map_values(counts), 1, totals.occurrences()))),
                    counts),
                rule(
                    String.format(
                        Locale.ROOT,
                        "counts whose sum is at least similar_count - %d (windows without a next"
                            + " token) and at most %d (all occurrences), 0 without similar strings",
                        totals.withoutNextToken(),
                        totals.occurrences()),
                    total
                        .geq(least)
                        .and(total.leq(totals.occurrences()))
                        .and(col("similar_count").gt(0).or(total.equalTo(0))),
                    total),
                rule(
                    "own_window_similar only with similar strings",
                    not(col("own_window_similar")).or(col("similar_count").gt(0)),
                    col("similar_count"))))
        .union(
            faults(
                run.approximations(),
                Tables.APPROXIMATIONS,
                distribution("probabilities"),
                distribution("leave_one_out_probabilities"),
                tokens("probabilities"),
                tokens("leave_one_out_probabilities")))
        .union(
            faults(
                run.distances(),
                Tables.DISTANCES,
                distance("hellinger", "top_token"),
                distance("hellinger_leave_one_out", "leave_one_out_top_token"),
                token("model_top_token", col("model_top_token").isNotNull()),
                token("top_token", lit(true)),
                token("leave_one_out_top_token", lit(true)),
                rule(
                    "top_token_agrees as the top tokens do",
                    col("top_token_agrees")
                        .eqNullSafe(col("top_token").eqNullSafe(col("model_top_token"))),
                    col("top_token_agrees"))));
  }

  /** A struct with what was expected and found, or null where all is well. */
  private static Column rule(String expected, Column holds, Column found) {
    return when(
        not(holds(holds)), struct(lit(expected).as("expected"), found.cast("string").as("found")));
  }

  private Column distribution(String column) {
    Column sum = sumOf(map_values(col(column)));
    return rule(
        column + " in [0, 1] of sum 1 within " + SUM_ERROR + ", or none",
        size(col(column))
            .equalTo(0)
            .or(isOne(sum, SUM_ERROR).and(within(map_values(col(column)), 0, 1 + SUM_ERROR))),
        sum);
  }

  private Column tokens(String column) {
    return rule(
        column + " of tokens from 0 to " + (model.shape().vocabularySize() - 1),
        size(col(column))
            .equalTo(0)
            .or(within(map_keys(col(column)), 0, model.shape().vocabularySize() - 1)),
        array_max(map_keys(col(column))));
  }

  private static Column distance(String column, String topToken) {
    return rule(
        column + " in [0, 1], and 1 without evidence",
        col(column).between(0, 1).and(col(topToken).isNotNull().or(col(column).equalTo(1))),
        col(column));
  }

  private Column token(String column, Column present) {
    return rule(
        column + " from 0 to " + (model.shape().vocabularySize() - 1),
        present.and(
            col(column).isNull().or(col(column).between(0, model.shape().vocabularySize() - 1))),
        col(column));
  }

  /** The faults of a table's rows: place, expected, prompt_id, block, found. */
  private static Dataset<Row> faults(Dataset<Row> rows, Table table, Column... rules) {
    List<Column> all = new ArrayList<>(List.of(rules));
    all.add(rule("no column without a value", not(nulls(table)), lit("NULL")));
    boolean perBlock = List.of(table.columns().fieldNames()).contains("block");
    return rows.select(
            lit(table.name()).as("place"),
            col("prompt_id"),
            (perBlock ? col("block") : lit(WHOLE_PROMPT)).as("block"),
            explode(array_compact(array(all.toArray(Column[]::new)))).as("fault"))
        .select(
            col("place"),
            col("fault.expected").as("expected"),
            col("prompt_id"),
            col("block"),
            coalesce(col("fault.found"), lit("NULL")).as("found"));
  }

  /** What is wrong with the rows that several tables have, or have not, for a prompt and block. */
  private Dataset<Row> keyFaults() {
    Column block = col("block");
    Column whole = block.equalTo(WHOLE_PROMPT);
    Column kept = least(lit(run.keepSimilar()), col("similar_count"));
    Column threshold = element_at(array(thresholds()), block.plus(1));
    Column noSimilar = col("similar_strings").equalTo(0);
    List<Column> rules = new ArrayList<>();
    rules.add(
        place(
            "prompts",
            "every prompt_id of the other tables once, and blocks 0 to " + (blocks() - 1),
            col("prompts").equalTo(1),
            col("prompts")));
    Column known = col("prompts").gt(0);
    for (String table : List.of("predictions", "approximations", "distances")) {
      rules.add(
          place(
              table,
              "one row for every prompt",
              not(known).or(not(whole)).or(col(table).equalTo(1)),
              col(table)));
    }

    for (String table : List.of("prompt_activations", "block_distributions")) {
      rules.add(
          place(
              table,
              "one row for every prompt and block",
              not(known).or(whole).or(col(table).equalTo(1)),
              col(table)));
    }

    rules.add(
        place(
            "block_distributions",
            "the prompt's own window among its similar strings",
            not(known)
                .or(whole)
                .or(col("own_window_similar").isNull())
                .or(col("is_window").equalTo(0))
                .or(col("is_zero").eqNullSafe(1))
                .or(threshold.gt(1 - OWN_WINDOW))
                .or(col("own_window_similar").equalTo(1)),
            col("similar_count")));
    rules.add(
        place(
            "similar_strings",
            "min(similar_count, keep-similar) rows for every prompt and block",
            not(known)
                .or(whole)
                .or(col("similar_count").isNull())
                .or(col("similar_strings").equalTo(kept)),
            col("similar_strings")));
    rules.add(
        place(
            "similar_strings",
            "no column without a value",
            col("missing").equalTo(0),
            lit("NULL")));
    rules.add(
        place(
            "similar_strings",
            "similarity of at most 1",
            noSimilar.or(col("most").leq(1 + 2 * FLOAT_ROUNDING)),
            col("most")));
    rules.add(
        place(
            "similar_strings",
            "similarity above the block's threshold",
            noSimilar.or(not(known)).or(col("least").geq(threshold)),
            col("least")));
    rules.add(
        place(
            "distances",
            "top tokens where approximations have evidence, and only there",
            not(whole).or(not(known)).or(col("evidence").eqNullSafe(col("explained"))),
            col("explained")));
    return keys()
        .select(
            col("prompt_id"),
            block,
            explode(array_compact(array(rules.toArray(Column[]::new)))).as("fault"))
        .select(
            col("fault.place"),
            col("fault.expected"),
            col("prompt_id"),
            col("block"),
            coalesce(col("fault.found"), lit("NULL")).as("found"));
  }

  private static Column place(String table, String expected, Column holds, Column found) {
    return when(
        not(holds(holds)),
        struct(
            lit(table).as("place"),
            lit(expected).as("expected"),
            found.cast("string").as("found")));
  }

  /**
   * How many rows each table has for a prompt (block {@link #WHOLE_PROMPT}) or a prompt and block.
   */
  private Dataset<Row> keys() {
    Dataset<Row> similar =
        run.similarStrings()
            .groupBy("prompt_id", "block")
            .agg(
                count(lit(1)).as("similar_strings"),
                min("similarity").as("least"),
                max("similarity").as("most"),
                count_if(col("similarity").isNull().or(col("window_id").isNull())).as("missing"));
    Dataset<Row> all =
        run.prompts()
            .select(
                col("prompt_id"),
                explode(sequence(lit(WHOLE_PROMPT), lit(blocks() - 1))).as("block"),
                lit(1L).as("prompts"),
                col("window_id").isNotNull().cast("int").as("is_window"))
            .unionByName(
                run.promptActivations()
                    .select(
                        col("prompt_id"),
                        col("block"),
                        lit(1L).as("prompt_activations"),
                        forall(col("ffn_out"), x -> x.equalTo(0)).cast("int").as("is_zero")),
                true)
            .unionByName(
                run.blockDistributions()
                    .select(
                        col("prompt_id"),
                        col("block"),
                        lit(1L).as("block_distributions"),
                        col("similar_count"),
                        col("own_window_similar").cast("int").as("own_window_similar")),
                true)
            .unionByName(similar, true)
            .unionByName(counted(run.predictions(), "predictions"), true)
            .unionByName(
                ofPrompts(run.approximations(), "approximations")
                    .withColumn(
                        "evidence",
                        evidence(
                            size(col("probabilities")).gt(0),
                            size(col("leave_one_out_probabilities")).gt(0)))
                    .drop("probabilities", "leave_one_out_probabilities"),
                true)
            .unionByName(
                ofPrompts(run.distances(), "distances")
                    .withColumn(
                        "explained",
                        evidence(
                            col("top_token").isNotNull(),
                            col("leave_one_out_top_token").isNotNull()))
                    .select("prompt_id", "block", "distances", "explained"),
                true);
    return all.groupBy("prompt_id", "block")
        .agg(
            rows("prompts"),
            rows("prompt_activations"),
            rows("predictions"),
            rows("similar_strings"),
            rows("block_distributions"),
            rows("approximations"),
            rows("distances"),
            rows("missing"),
            max("similar_count").as("similar_count"),
            max("own_window_similar").as("own_window_similar"),
            max("is_window").as("is_window"),
            max("is_zero").as("is_zero"),
            max("least").as("least"),
            max("most").as("most"),
            max("evidence").as("evidence"),
            max("explained").as("explained"));
  }

  private static Column rows(String table) {
    return coalesce(sum(table), lit(0L)).as(table);
  }

  /** 0 without any evidence, 2 with it, 1 with none but the prompt's own window. */
  private static Column evidence(Column compatible, Column leaveOneOut) {
    return compatible.cast("int").plus(leaveOneOut.cast("int"));
  }

  private static Dataset<Row> ofPrompts(Dataset<Row> rows, String table) {
    return rows.withColumn("block", lit(WHOLE_PROMPT)).withColumn(table, lit(1L)).drop("run_id");
  }

  private static Dataset<Row> counted(Dataset<Row> rows, String table) {
    boolean perBlock = List.of(rows.columns()).contains("block");
    return rows.select(
        col("prompt_id"),
        (perBlock ? col("block") : lit(WHOLE_PROMPT)).as("block"),
        lit(1L).as(table));
  }

  /** The summaries say what their tables do. */
  private void summaries() {
    Map<String, Double> expected = new TreeMap<>();
    List<Row> rows =
        run.distances()
            .select(
                lit(WHOLE_PROMPT).as("block"),
                col("hellinger").as("value"),
                col("hellinger_leave_one_out").as("leave_one_out"),
                col("top_token_agrees").as("agrees"),
                col("leave_one_out_top_token")
                    .eqNullSafe(col("model_top_token"))
                    .as("agrees_leave_one_out"),
                col("top_token").isNull().as("without"),
                col("leave_one_out_top_token").isNull().as("without_leave_one_out"),
                col("leading_agreement").as("leading"),
                col("leave_one_out_leading_agreement").as("leave_one_out_leading"))
            .unionByName(
                run.blockDistributions()
                    .select(col("block"), col("similar_count").cast("double").as("value")),
                true)
            .groupBy("block")
            .agg(
                count(lit(1)),
                avg("value"),
                min("value"),
                max("value"),
                avg("leave_one_out"),
                min("leave_one_out"),
                max("leave_one_out"),
                count_if(col("agrees")),
                count_if(col("agrees_leave_one_out")),
                count_if(col("without")),
                count_if(col("without_leave_one_out")),
                count_if(col("leading").geq(1)),
                count_if(col("leave_one_out_leading").geq(1)))
            .collectAsList();
    for (Row row : rows) {
      double count = row.getLong(1);
      if (row.isNullAt(0) || row.getInt(0) != WHOLE_PROMPT) {
        describe(expected, "block." + row.get(0) + ".similar_strings", row, 2);
        continue;
      }

      expected.put("compatible.prompts", count);
      describe(expected, "compatible.hellinger", row, 2);
      describe(expected, "honest.hellinger", row, 5);
      expected.put("compatible.top1", row.getLong(8) / count);
      expected.put("honest.top1", row.getLong(9) / count);
      expected.put("compatible.prompts_without_evidence", (double) row.getLong(10));
      expected.put("honest.prompts_without_evidence", (double) row.getLong(11));
      expected.put("compatible.top.1.in_order", row.getLong(12) / count);
      expected.put("honest.top.1.in_order", row.getLong(13) / count);
    }

    if (!expected.containsKey("compatible.prompts")) {
      problems.add("distances: expected at least one row, found none");
    }

    expected.putAll(noiseFloor());
    expected.putAll(baselines());
    baselineFits(expected);
    compare(expected);
  }

  /** What the distances of alternates add up to. */
  private Map<String, Double> noiseFloor() {
    Map<String, Double> expected = new TreeMap<>();
    long prompts = run.modelDistances().isEmpty() ? 0 : run.prompts().count();
    double sum = 0;
    for (int alternate = 0; alternate < run.modelDistances().size(); alternate++) {
      Row row =
          run.modelDistances()
              .get(alternate)
              .agg(
                  count(lit(1)),
                  count_distinct(col("prompt_id")),
                  count_if(not(holds(col("hellinger").between(0, 1)))),
                  avg("hellinger"),
                  min("hellinger"),
                  max("hellinger"))
              .first();
      if (row.getLong(0) != prompts || row.getLong(1) != prompts) {
        problems.add(
            String.format(
                Locale.ROOT,
                "model_distances: expected one row for each of %d prompts, found %d of %d prompts"
                    + " (alternate %d)",
                prompts,
                row.getLong(0),
                row.getLong(1),
                alternate));
      }

      check("model_distances", row.getLong(2), "hellinger in [0, 1]", "another value");
      describe(expected, "noise_floor." + alternate + ".hellinger", row, 3);
      sum += number(row, 3);
    }

    if (!run.modelDistances().isEmpty()) {
      expected.put("noise_floor.hellinger.mean", sum / run.modelDistances().size());
    }

    return expected;
  }

  /** What the baselines add up to. */
  private Map<String, Double> baselines() {
    Map<String, Double> expected = new TreeMap<>();
    long prompts = run.prompts().count();
    List<Row> rows =
        run.baselines()
            .groupBy("baseline")
            .agg(
                count(lit(1)),
                count_distinct(col("prompt_id")),
                count_if(not(holds(col("hellinger").between(0, 1)))),
                count_if(not(col("hellinger_leave_one_out").between(0, 1))),
                count("hellinger_leave_one_out"),
                avg("hellinger"),
                min("hellinger"),
                max("hellinger"),
                avg("hellinger_leave_one_out"),
                min("hellinger_leave_one_out"),
                max("hellinger_leave_one_out"))
            .sort("baseline")
            .collectAsList();
    if (rows.isEmpty()) {
      problems.add("baselines: expected at least one row, found none");
    }

    for (Row row : rows) {
      String name = String.valueOf(row.get(0));
      if (row.getLong(1) != prompts || row.getLong(2) != prompts) {
        problems.add(
            String.format(
                Locale.ROOT,
                "baselines: expected one row for each of %d prompts, found %d of %d prompts (%s)",
                prompts,
                row.getLong(1),
                row.getLong(2),
                name));
      }

      check("baselines", row.getLong(3), "hellinger in [0, 1]", "another value");
      check("baselines", row.getLong(4), "hellinger_leave_one_out in [0, 1]", "another value");
      describe(expected, "baseline." + name + ".hellinger", row, 6);
      if (row.getLong(5) == row.getLong(1)) {
        describe(expected, "honest.baseline." + name + ".hellinger", row, 9);
      } else if (row.getLong(5) > 0) {
        problems.add(
            String.format(
                Locale.ROOT,
                "baselines: expected hellinger_leave_one_out for all prompts or for none, found it"
                    + " for %d of %d (%s)",
                row.getLong(5),
                row.getLong(1),
                name));
      }
    }

    return expected;
  }

  /**
   * N-grams whose probabilities add up to 1, one of which is what the strings are compared with.
   */
  private void baselineFits(Map<String, Double> expected) {
    List<Row> rows =
        run.baselineFits()
            .select(
                col("baseline"),
                col("is_strongest"),
                size(col("discounts")).notEqual(col("n_gram_order").plus(1)),
                exists(
                    col("discounts"),
                    ofContext ->
                        not(holds(size(ofContext).equalTo(3)))
                            .or(not(holds(ofContext.getItem(0).between(0, 1))))
                            .or(not(holds(ofContext.getItem(1).between(0, 2))))
                            .or(not(holds(ofContext.getItem(2).between(0, 3))))),
                exists(
                    col("lower_shares"),
                    ofContext ->
                        exists(ofContext, share -> not(holds(share.gt(0).and(share.lt(1)))))),
                not(col("hellinger_held_out").between(0, 1)))
            .sort("baseline")
            .collectAsList();
    String[] rules = {
      "discounts of every context up to n_gram_order",
      "discounts between 0 and the counts that they are taken from",
      "lower_shares in (0, 1)",
      "hellinger_held_out in [0, 1]"
    };
    for (int i = 0; i < rules.length; i++) {
      int column = i + 2;
      check(
          "baseline_fits",
          rows.stream().filter(row -> !row.isNullAt(column) && row.getBoolean(column)).count(),
          rules[i],
          "others");
    }

    List<Row> strongest = rows.stream().filter(row -> row.getBoolean(1)).toList();
    if (strongest.size() != 1) {
      problems.add("baseline_fits: expected one strongest n-gram, found " + strongest.size());
      return;
    }

    String ofStrongest = "honest.baseline." + strongest.get(0).getString(0) + ".hellinger.";
    for (String figure : List.of("mean", "min", "max")) {
      expected.put(
          "honest.ngram.hellinger." + figure,
          expected.getOrDefault(ofStrongest + figure, Double.NaN));
    }

    expected.put(
        "honest.gain_over_ngram.mean",
        expected.getOrDefault(ofStrongest + "mean", Double.NaN)
            - expected.getOrDefault("honest.hellinger.mean", Double.NaN));
  }

  private static void describe(Map<String, Double> expected, String name, Row row, int from) {
    expected.put(name + ".mean", number(row, from));
    expected.put(name + ".min", number(row, from + 1));
    expected.put(name + ".max", number(row, from + 2));
  }

  private static double number(Row row, int column) {
    return row.isNullAt(column) ? Double.NaN : row.getDouble(column);
  }

  private void compare(Map<String, Double> expected) {
    Map<String, Double> found = new TreeMap<>();
    for (Row row : run.summaries().select("metric", "value").collectAsList()) {
      String metric = String.valueOf(row.get(0));
      double value = number(row, 1);
      if (!Double.isFinite(value)) {
        problems.add(
            String.format(
                Locale.ROOT,
                "summaries: expected a finite value, found %s (metric %s)",
                row.get(1),
                metric));
      }

      if (found.put(metric, value) != null) {
        problems.add(
            String.format(
                Locale.ROOT, "summaries: expected every metric once, found %s twice", metric));
      }
    }

    expected.forEach(
        (metric, value) -> {
          Double said = found.get(metric);
          double tolerance = SUMMARY_ERROR * Math.max(1, Math.abs(value));
          if (said == null || !(Math.abs(said - value) <= tolerance)) {
            problems.add(
                String.format(
                    Locale.ROOT,
                    "summaries: expected %s of %s, recomputed from its table, found %s",
                    metric,
                    value,
                    said == null ? "no such metric" : said));
          }
        });
  }

  private int blocks() {
    ModelShape shape = model.shape();
    return shape.blocks();
  }

  /** The least similarities that can stand in the table: rounded to float as those are. */
  private Column[] thresholds() {
    return Arrays.stream(run.thresholds())
        .mapToObj(threshold -> lit((float) threshold))
        .toArray(Column[]::new);
  }

  /** Whether a column that the table says has values is without one. */
  private static Column nulls(Table table) {
    Column any = lit(false);
    for (StructField field : table.columns().fields()) {
      if (!field.nullable() && !table.partitionColumns().contains(field.name())) {
        any = any.or(col(field.name()).isNull());
      }
    }

    return any;
  }

  /** A condition, which does not hold where it is unknown. */
  private static Column holds(Column condition) {
    return coalesce(condition, lit(false));
  }

  private static Column isNotFinite(Column value) {
    return value
        .isNull()
        .or(value.isNaN())
        .or(value.equalTo(lit(Float.POSITIVE_INFINITY)))
        .or(value.equalTo(lit(Float.NEGATIVE_INFINITY)));
  }

  /** Whether all elements are there and in a range. NaN is greater than any number. */
  private static Column within(Column elements, double least, double most) {
    return not(exists(elements, Column::isNull))
        .and(array_min(elements).geq(least))
        .and(array_max(elements).leq(most));
  }

  private static Column sumOf(Column elements) {
    return aggregate(elements, lit(0.), (sum, element) -> sum.plus(element.cast("double")));
  }

  private static Column isOne(Column sum, double error) {
    return sum.between(1 - error, 1 + error);
  }
}
