/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.audit;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.kindred.model.LanguageModel;
import dev.kindred.model.ModelShape;
import dev.kindred.table.Table;
import dev.kindred.table.Tables;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.Collectors;
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
 * bytes: of these all window ids, and a sample of the vectors ({@link ActivationSample}). A full
 * scan would take as long as a join reads. That the windows' ids are distinct is not checked by
 * itself; evaluating them in {@link dev.kindred.activation.Activations} fails where two are the
 * same.
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
    /** A sample of activations. */
    ACTIVATIONS
  }

  private final String runId;
  private final Map<Table, Dataset<Row>> tables;
  private final Map<String, String> parameters; // values in SQL

  /**
   * What is audited.
   *
   * @param runId seeds the sample of activations
   * @param windowLength tokens in a window and in a prompt
   * @param thresholds one a block
   * @param keepSimilar similar strings kept for a prompt and block; {@link Integer#MAX_VALUE} for
   *     all
   * @param alternates ids of the models that the run's is compared with
   * @param tables this run's rows with all columns, of all tables that it consists of and was
   *     computed from
   */
  public record Run(
      String runId,
      int windowLength,
      double[] thresholds,
      int keepSimilar,
      List<String> alternates,
      Map<Table, Dataset<Row>> tables) {}

  private Audit(String runId, Map<Table, Dataset<Row>> tables, Map<String, String> parameters) {
    this.runId = runId;
    this.tables = tables;
    this.parameters = parameters;
  }

  /**
   * Checks a run. Runs some Spark jobs and, on the driver, the model on the sample.
   *
   * @param model the run's, loaded
   * @param checked called when each of three checks is done: rows, rules between tables, the sample
   * @return a line for each problem, with its table, what was expected, what was found, an example
   *     and the query that finds it; empty if the run is sound
   */
  public static List<String> problems(Run run, LanguageModel model, Runnable checked) {
    return problems(run, model, EnumSet.allOf(Check.class), rule -> true, checked);
  }

  /**
   * Some of the checks.
   *
   * @param which rules between tables count
   */
  static List<String> problems(
      Run run, LanguageModel model, Set<Check> checks, Predicate<Rule> which, Runnable checked) {
    Map<Table, Dataset<Row>> tables = new HashMap<>(run.tables());
    // The vectors are too many to be read, and a run without alternates has no distances to them.
    tables.computeIfPresent(Tables.ACTIVATIONS, (table, rows) -> rows.drop("ffn_out"));
    tables.computeIfAbsent(Tables.MODEL_DISTANCES, table -> none(run, table));
    Map<String, String> parameters = parameters(model.shape());
    parameters.put("window_length", Integer.toString(run.windowLength()));
    parameters.put("keep_similar", Integer.toString(run.keepSimilar()));
    // As similarities are in the table: rounded to float.
    parameters.put(
        "thresholds",
        Arrays.stream(run.thresholds())
            .mapToObj(threshold -> (float) threshold + "f")
            .collect(Collectors.joining(", ", "array(", ")")));
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
            case ACTIVATIONS -> ActivationSample.problems(run, model);
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
   * Checks every row of a table that something other than a run has filled.
   *
   * @param runId a run that has it in SQL
   * @param rows with all columns
   * @param shape of the model that it is about
   * @return as for a run
   */
  public static List<String> problems(
      String runId, Table table, Dataset<Row> rows, ModelShape shape) {
    Audit audit = new Audit(runId, Map.of(table, rows), parameters(shape));
    return audit.overViews(audit::brokenOnRows);
  }

  private static Map<String, String> parameters(ModelShape shape) {
    Map<String, String> parameters = new HashMap<>();
    parameters.put("blocks", Integer.toString(shape.blocks()));
    parameters.put("d_model", Integer.toString(shape.modelDimension()));
    parameters.put("d_vocab", Integer.toString(shape.vocabularySize()));
    parameters.put("last_token", Integer.toString(shape.vocabularySize() - 1));
    return parameters;
  }

  /** A run without alternates. */
  private static Dataset<Row> none(Run run, Table table) {
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
    Map<String, String> scans = new LinkedHashMap<>();
    Map<Table, List<Rule>> rules = new LinkedHashMap<>();
    Map<Table, Coverage> coverages = new HashMap<>();
    for (Table table : Tables.ALL) {
      if (!tables.containsKey(table)) {
        continue;
      }

      rules.put(table, Rule.onRows(table, List.of(tables.get(table).columns()), parameters));
      String faults =
          rules.get(table).stream()
              .map(rule -> "count_if(" + rule.fault() + ")")
              .collect(Collectors.joining(", "));
      String hash = "0L";
      if (tables.size() > 1 && !table.covers().isEmpty()) {
        Coverage coverage = Coverage.of(table, parameters);
        coverages.put(table, coverage);
        hash = coverage.hash();
        scans.put(
            coverage.things(), scan(coverage.things(), "", hash, "(" + coverage.whole() + ")"));
      }

      scans.put(table.name(), scan(table.name(), faults, hash, table.name()));
    }

    Map<String, Row> found = new HashMap<>();
    for (Row row : spark().sql(String.join(" union all ", scans.values())).collectAsList()) {
      found.put(row.getString(0), row);
    }

    List<Rule> broken = new ArrayList<>();
    rules.forEach(
        (table, ofTable) -> {
          Row row = found.get(table.name());
          List<Long> faults = row.getList(1);
          for (int i = 0; i < faults.size(); i++) {
            if (faults.get(i) > 0) {
              broken.add(ofTable.get(i));
            }
          }

          Coverage coverage = coverages.get(table);
          if (coverage != null && !row.get(2).equals(found.get(coverage.things()).get(2))) {
            broken.add(coverage.rule());
          }
        });
    return broken;
  }

  private static String scan(String place, String faults, String hash, String from) {
    return String.format(
        Locale.ROOT,
        "select '%s', cast(array(%s) as array<bigint>), %s from (select *, %s as hash from %s)",
        place,
        faults,
        Coverage.DIGEST,
        hash,
        from);
  }

  /** What is wrong by some rules, in one query. */
  private List<String> problems(List<Rule> rules) {
    List<String> queries = new ArrayList<>();
    for (Rule rule : rules) {
      queries.add(
          String.format(
              Locale.ROOT,
              "select %d as rule, count(*) as rows, to_json(min(struct(*))) as example from (%s\n)",
              queries.size(),
              rule.sql()));
    }

    return queries.isEmpty()
        ? List.of()
        : spark()
            .sql(String.join(" union all ", queries))
            .where("rows > 0")
            .sort("rule")
            .collectAsList()
            .stream()
            .map(row -> problem(rules.get(row.getInt(0)), row.getLong(1), row.getString(2)))
            .toList();
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
