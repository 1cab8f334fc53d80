/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.audit;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.kindred.model.LanguageModel;
import dev.kindred.model.LogitMap;
import dev.kindred.model.ModelShape;
import dev.kindred.model.Precision;
import dev.kindred.table.Table;
import dev.kindred.table.Tables;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/**
 * Checks the tables of a run, each by itself, against each other and against the model, before the
 * run is published.
 *
 * <p>What must be true is SQL: the checks of {@code data-schemas/}, that tables cover what they say
 * there, and {@code rules.sql}. A problem ends with the query that shows it, over the tables of the
 * run as Kindred's catalog names them.
 *
 * <p>Everything is checked in full but the activations, which are nearly all of a warehouse's
 * bytes: of these all window ids, and a sample of the vectors ({@link ActivationSample}). Of
 * predictions that are kept as vectors a sample is evaluated anew, too. A full scan would take as
 * long as a join reads. That the windows' ids are distinct is not checked by itself; evaluating
 * them in {@link dev.kindred.activation.Activations} fails where two are the same.
 */
public final class Audit {
  private static final int SHOWN = 100; // characters of what was found
  private static final ObjectMapper JSON = new ObjectMapper();

  /** What is checked, in this order. */
  enum Check {
    /** Every row, and which rows there are. */
    ROWS,
    /** What must be true between tables. */
    RULES,
    /** Samples of activations and of predictions. */
    SAMPLES
  }

  private final String runId;
  private final Map<Table, Dataset<Row>> tables;
  private final Map<String, String> parameters; // values in SQL

  private Audit(String runId, Map<Table, Dataset<Row>> tables, Map<String, String> parameters) {
    this.runId = runId;
    this.tables = tables;
    this.parameters = parameters;
  }

  /**
   * Checks a run. Runs some Spark jobs and, on the driver, the model on the sample.
   *
   * @param model the run's, loaded
   * @param logits what makes logits of its final vectors; null where predictions have all
   *     probabilities
   * @param checked called when each of three checks is done: rows, rules between tables, the sample
   * @return a line for each problem, with its table, what was expected, what was found, an example
   *     and the query that finds it; empty if the run is sound
   */
  public static List<String> problems(
      AuditedRun run, LanguageModel model, LogitMap logits, Runnable checked) {
    return problems(run, model, logits, EnumSet.allOf(Check.class), rule -> true, checked);
  }

  /**
   * Some of the checks.
   *
   * @param which rules between tables count
   */
  static List<String> problems(
      AuditedRun run,
      LanguageModel model,
      LogitMap logits,
      Set<Check> checks,
      Predicate<Rule> which,
      Runnable checked) {
    Map<Table, Dataset<Row>> tables = new HashMap<>(run.tables());
    // The vectors are too many to be read, and a run without alternates has no distances to them.
    for (Precision precision : Precision.values()) {
      tables.computeIfPresent(precision.activations(), (table, rows) -> rows.drop("ffn_out"));
    }

    // A run of an earlier version has no places of its windows, and one without rings none of them.
    for (Table table :
        List.of(
            Tables.MODEL_DISTANCES,
            Tables.OCCURRENCES,
            Tables.PASSAGES,
            Tables.RING_DISTRIBUTIONS)) {
      tables.computeIfAbsent(table, absent -> none(run, absent));
    }

    Map<String, String> parameters = parameters(run.windowLength(), model.shape(), run.blocks());
    parameters.put("keep_similar", Integer.toString(run.keepSimilar()));
    parameters.put("keep_occurrences", Integer.toString(run.keepOccurrences()));
    parameters.put(
        "has_rings", Boolean.toString(run.tables().containsKey(Tables.RING_DISTRIBUTIONS)));
    parameters.put("has_passages", Boolean.toString(run.tables().containsKey(Tables.PASSAGES)));
    // As similarities are in the table: rounded to float.
    parameters.put(
        "thresholds",
        IntStream.range(0, run.thresholds().length)
            .mapToObj(i -> run.blocks().get(i) + ", " + (float) run.thresholds()[i] + "f")
            .collect(Collectors.joining(", ", "map(", ")")));
    parameters.put(
        "alternates",
        run.alternates().stream()
            .collect(Collectors.joining("', '", "array('", "')"))
            .replace("array('')", "cast(array() as array<string>)"));
    Audit audit = new Audit(run.runId(), tables, parameters);
    List<String> problems = new ArrayList<>();
    for (Check check : checks) {
      problems.addAll(
          switch (check) {
            case ROWS -> audit.overViews(audit::brokenOnRows);
            case RULES ->
                audit.overViews(
                    () -> Rule.betweenTables(parameters).stream().filter(which).toList());
            case SAMPLES -> samples(run, model, logits);
          });
      checked.run();
    }

    // What is computed first comes first: what is computed from it may be wrong by it.
    problems.sort(
        Comparator.comparingInt(
            problem ->
                Tables.ALL.indexOf(
                    Tables.find(problem.substring(0, problem.indexOf(':'))).orElseThrow())));
    return problems;
  }

  /**
   * Checks the rows of tables that something other than a run has filled.
   *
   * @param runId a run that has them in SQL
   * @param windowLength tokens in a prompt
   * @param shape of the model that they are about
   * @param blocks of it, ascending
   * @param tables rows with all columns; with {@code prompts} or {@code windows} among them, it is
   *     checked that the others cover these
   * @return as for a run
   */
  public static List<String> problems(
      String runId,
      int windowLength,
      ModelShape shape,
      List<Integer> blocks,
      Map<Table, Dataset<Row>> tables) {
    Audit audit = new Audit(runId, tables, parameters(windowLength, shape, blocks));
    return audit.overViews(audit::brokenOnRows);
  }

  private static List<String> samples(AuditedRun run, LanguageModel model, LogitMap logits) {
    List<String> problems = new ArrayList<>(ActivationSample.problems(run, model));
    if (logits != null) {
      problems.addAll(
          PredictionSample.problems(
              run.runId(),
              run.tables().get(Tables.PROMPTS),
              run.tables().get(Tables.PREDICTIONS),
              model,
              logits));
    }

    return problems;
  }

  private static Map<String, String> parameters(
      int windowLength, ModelShape shape, List<Integer> blocks) {
    Map<String, String> parameters = new HashMap<>();
    parameters.put(
        "blocks",
        blocks.stream().map(String::valueOf).collect(Collectors.joining(", ", "array(", ")")));
    parameters.put("d_model", Integer.toString(shape.modelDimension()));
    parameters.put("d_vocab", Integer.toString(shape.vocabularySize()));
    parameters.put("last_token", Integer.toString(shape.vocabularySize() - 1));
    parameters.put("window_length", Integer.toString(windowLength));
    return parameters;
  }

  /** A run without alternates. */
  private static Dataset<Row> none(AuditedRun run, Table table) {
    SparkSession spark = run.tables().get(Tables.WINDOWS).sparkSession();
    return spark.createDataFrame(List.of(), table.columns());
  }

  /** What is wrong by some rules. The tables are views meanwhile. */
  private List<String> overViews(Supplier<List<Rule>> rules) {
    tables.forEach((table, rows) -> rows.createOrReplaceTempView(table.name()));
    try {
      return problems(rules.get());
    } finally {
      tables.keySet().forEach(table -> spark().catalog().dropTempView(table.name()));
    }
  }

  private SparkSession spark() {
    return tables.values().iterator().next().sparkSession();
  }

  /**
   * The rules on single rows that some row breaks, and those on what a table covers that it does
   * not keep. Each table is scanned once.
   */
  private List<Rule> brokenOnRows() {
    List<Rule> broken = new ArrayList<>();
    Map<String, List<Long>> digests = new HashMap<>();
    for (Table table : Tables.ALL) {
      if (!has(table)) {
        continue;
      }

      List<Rule> rules = Rule.onRows(table, List.of(tables.get(table).columns()), parameters);
      Optional<Coverage> coverage = Coverage.of(table, parameters).filter(of -> has(of.things()));
      String faults =
          rules.stream()
              .map(rule -> "count_if(" + rule.fault() + ")")
              .collect(Collectors.joining(", ", "array(", ")"));
      String keys = coverage.map(Coverage::keys).orElse("");
      Row found = scan(faults + ", " + Coverage.digest(keys), table.name());
      for (int i = 0; i < rules.size(); i++) {
        if (found.<Long>getList(0).get(i) > 0) {
          broken.add(rules.get(i));
        }
      }

      coverage
          .filter(
              of ->
                  !digests
                      .computeIfAbsent(
                          of.whole(), all -> scan(Coverage.digest(keys), all).getList(0))
                      .equals(found.getList(1)))
          .ifPresent(of -> broken.add(of.rule()));
    }

    return broken;
  }

  private boolean has(Table table) {
    return tables.containsKey(table);
  }

  private Row scan(String columns, String from) {
    return spark().sql("select " + columns + " from " + from).first();
  }

  /** What is wrong by some rules. A query of all of them takes longer to plan than to run. */
  private List<String> problems(List<Rule> rules) {
    List<String> problems = new ArrayList<>();
    for (Rule rule : rules) {
      Row found = scan("count(*), to_json(min(struct(*)))", "(" + rule.sql() + "\n)");
      if (found.getLong(0) > 0) {
        problems.add(problem(rule, found.getLong(0), found.getString(1)));
      }
    }

    return problems;
  }

  private String problem(Rule rule, long rows, String example) {
    StringBuilder places = new StringBuilder();
    String found = "NULL";
    try {
      for (Map.Entry<String, JsonNode> value : JSON.readTree(example).properties()) {
        if (value.getKey().equals("found")) {
          found = value.getValue().asText();
        } else {
          places.append(places.isEmpty() ? ", for instance " : ", ");
          places.append(value.getKey()).append(' ').append(value.getValue().asText());
        }
      }
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException(e);
    }

    return String.format(
        Locale.ROOT,
        "%s: expected %s, found %s (%d rows%s); to see them: %s",
        rule.table().name(),
        rule.expected(),
        found.length() > SHOWN ? found.substring(0, SHOWN) + ".." : found,
        rows,
        places,
        rule.toPaste(runId));
  }
}
