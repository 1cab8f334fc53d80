/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.sql;

import dev.kindred.InvalidInput;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.catalyst.analysis.ExpressionWithUnresolvedIdentifier;
import org.apache.spark.sql.catalyst.analysis.UnresolvedFunction;
import org.apache.spark.sql.catalyst.analysis.UnresolvedGenerator;
import org.apache.spark.sql.catalyst.analysis.UnresolvedTableValuedFunction;
import org.apache.spark.sql.catalyst.expressions.Concat;
import org.apache.spark.sql.catalyst.expressions.CreateNamedStruct;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.Overlay;
import org.apache.spark.sql.catalyst.expressions.PlanExpression;
import org.apache.spark.sql.catalyst.parser.ParseException;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import org.apache.spark.sql.catalyst.plans.logical.UnresolvedWith;
import org.apache.spark.sql.catalyst.trees.TreeNode;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.NumericType;
import scala.jdk.javaapi.CollectionConverters;

/**
 * Answers the queries of people who may read the warehouse's tables and nothing else. Only what is
 * known to read tables is run: no other statement, no file, no function that calls Java, no
 * program, and nothing that makes a value of gigabytes out of a short text, which would end the
 * server. One query at a time, and none for longer than a minute.
 */
public final class ReadOnlyQueries implements AutoCloseable {
  /** Rows that are given of a result, at most. */
  public static final int MOST_ROWS = 1000;

  private static final int SECONDS = 60; // that a query may take, or wait

  /** Nodes of a parsed statement that read tables, or describe them. */
  private static final Set<String> ALLOWED =
      Set.of(
          "Aggregate",
          "CTERelationDef",
          "CTERelationRef",
          "CurrentNamespace",
          "DescribeRelation",
          "Distinct",
          "Except",
          "Filter",
          "Generate",
          "GlobalLimit",
          "Intersect",
          "Join",
          "LateralJoin",
          "LocalLimit",
          "LocalRelation",
          "Offset",
          "OneRowRelation",
          "Pivot",
          "Project",
          "Range",
          "Sample",
          "ShowColumns",
          "ShowFunctions",
          "ShowNamespaces",
          "ShowTables",
          "Sort",
          "SubqueryAlias",
          "Tail",
          "Union",
          "Unpivot",
          "UnpivotTransformer",
          "UnresolvedHaving",
          "UnresolvedInlineTable",
          "UnresolvedNamespace",
          "UnresolvedRelation",
          "UnresolvedSubqueryColumnAliases",
          "UnresolvedTable",
          "UnresolvedTableOrView",
          "UnresolvedTableValuedFunction",
          "UnresolvedTVFAliases",
          "UnresolvedWith",
          "Window",
          "WithWindowDefinition");

  /** Functions that run what is not SQL. */
  private static final Set<String> REFUSED =
      Set.of("java_method", "reflect", "try_reflect", "python_worker_logs", "raise_error");

  /**
   * Functions that make or hold values of any size: as great as a number says, as many as there are
   * rows, or again and again greater than what they are given.
   */
  private static final Set<String> GROWING =
      Set.of(
          "aggregate",
          "array_agg",
          "array_insert",
          "array_join",
          "array_repeat",
          "base64",
          "collect_list",
          "collect_set",
          "concat_ws",
          "count_min_sketch",
          "decode",
          "encode",
          "format_number",
          "format_string",
          "hex",
          "histogram_numeric",
          "listagg",
          "lpad",
          "median",
          "mode",
          "percentile",
          "percentile_cont",
          "percentile_disc",
          "printf",
          "quote",
          "randstr",
          "reduce",
          "regexp_replace",
          "repeat",
          "replace",
          "rpad",
          "sequence",
          "space",
          "stack",
          "string_agg",
          "theta_sketch_agg",
          "theta_union",
          "theta_union_agg",
          "url_encode",
          "window");

  /** Arguments of functions that take memory as a further argument says. */
  private static final Map<String, Integer> MOST_ARGUMENTS =
      Map.of(
          "approx_count_distinct", 1, "approx_percentile", 2, "percentile_approx", 2, "range", 3);

  /** Functions whose value is as great as all they are given. */
  private static final Set<String> JOINING =
      Set.of(
          "array",
          "array_append",
          "array_prepend",
          "array_union",
          "arrays_zip",
          "concat",
          "map",
          "map_concat",
          "named_struct",
          "struct");

  /** Functions that may put all they are given into each place of an array. */
  private static final Set<String> NESTING =
      Set.of("map_zip_with", "transform", "transform_keys", "transform_values", "zip_with");

  /** Nestings of joins let a value grow by 3 to the power of a third of this, at most. */
  private static final int MOST_JOINED = 32;

  private static final int NESTED = 12; // that a nesting function counts for

  private final Supplier<SparkSession> starting;
  private final String warehouse;
  private final ReentrantLock lock = new ReentrantLock(true);
  private final ScheduledExecutorService clock =
      Executors.newSingleThreadScheduledExecutor(
          work -> {
            Thread thread = new Thread(work, "query-clock");
            thread.setDaemon(true);
            return thread;
          });
  private SparkSession spark; // from the first query on

  /**
   * Starts nothing yet.
   *
   * @param starting starts Spark, for the first query
   */
  public ReadOnlyQueries(Supplier<SparkSession> starting, String warehouse) {
    this.starting = starting;
    this.warehouse = warehouse;
  }

  /**
   * What a query gave.
   *
   * @param columns names, of which two may be the same
   * @param areNumbers one a column
   * @param rows values as text, null for NULL; {@link #MOST_ROWS} at most
   * @param isCut whether there are more rows
   * @param seconds that it took
   */
  public record Result(
      String sql,
      List<String> columns,
      List<Boolean> areNumbers,
      List<List<String>> rows,
      boolean isCut,
      double seconds) {
    /** Returns the rows as CSV with a header, as RFC 4180 has it; NULL is empty. */
    public String csv() {
      StringBuilder csv = new StringBuilder(line(columns));
      rows.forEach(row -> csv.append(line(row)));
      return csv.toString();
    }

    private static String line(List<String> values) {
      return values.stream()
          .map(value -> value == null ? "" : ResultFormat.quoted(value))
          .collect(Collectors.joining(",", "", "\r\n"));
    }
  }

  /**
   * Runs a query.
   *
   * @throws InvalidInput if it is none, does anything but read tables, cannot be run, or takes too
   *     long
   */
  public Result run(String text) {
    String sql = one(text);
    try {
      if (!lock.tryLock(SECONDS, TimeUnit.SECONDS)) {
        throw new InvalidInput("sql: another query runs; ask again in some seconds");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while another query ran", e);
    }

    try {
      if (spark == null) {
        spark = starting.get().newSession();
        KindredSql.use(spark, warehouse);
        spark.conf().set("spark.sql.runSQLOnFiles", "false");
      }

      return timed(sql);
    } finally {
      lock.unlock();
    }
  }

  private static String one(String text) {
    Statements statements = new Statements();
    List<Statements.Statement> all = new ArrayList<>(statements.add(text));
    all.addAll(statements.finish());
    if (all.size() != 1) {
      throw new InvalidInput("sql: %d statements; ask one at a time", all.size());
    }

    return all.get(0).text();
  }

  private Result timed(String sql) {
    SparkSession.setActiveSession(spark);
    String tag = "kindred-" + UUID.randomUUID(); // of this query alone, which may be interrupted
    spark.addTag(tag);
    AtomicBoolean isLate = new AtomicBoolean();
    var alarm =
        clock.schedule(
            () -> {
              isLate.set(true);
              spark.interruptTag(tag);
            },
            SECONDS,
            TimeUnit.SECONDS);
    try {
      long start = System.nanoTime();
      checkReads(sql);
      return collected(sql, start);
    } catch (Exception e) {
      if (isLate.get()) {
        throw new InvalidInput(
            "sql: it took longer than %d seconds and was stopped; kindred sql has no such limit",
            SECONDS);
      }

      Optional<String> message = KindredSql.explain(e);
      if (message.isEmpty()) {
        throw e;
      }

      throw new InvalidInput("sql: %s", message.get());
    } finally {
      alarm.cancel(false);
      spark.removeTag(tag);
    }
  }

  private Result collected(String sql, long start) {
    Dataset<Row> rows = spark.sql(sql);
    String[] names = // of their own: a query may give two columns the same one
        IntStream.range(0, rows.columns().length).mapToObj(i -> "c" + i).toArray(String[]::new);
    List<Row> found =
        rows.toDF(names)
            .select(
                Arrays.stream(names)
                    .map(name -> functions.col(name).cast("string"))
                    .toArray(Column[]::new))
            .limit(MOST_ROWS + 1)
            .collectAsList();
    List<List<String>> values = new ArrayList<>();
    for (Row row : found.subList(0, Math.min(MOST_ROWS, found.size()))) {
      List<String> line = new ArrayList<>();
      for (int i = 0; i < row.size(); i++) {
        line.add(row.getString(i));
      }

      values.add(line);
    }

    return new Result(
        sql,
        List.of(rows.columns()),
        Arrays.stream(rows.schema().fields())
            .map(field -> field.dataType() instanceof NumericType)
            .toList(),
        values,
        found.size() > MOST_ROWS,
        (System.nanoTime() - start) / 1e9);
  }

  /**
   * Checks that a statement reads tables and does nothing else.
   *
   * @throws InvalidInput naming what is not allowed
   */
  private void checkReads(String sql) {
    try {
      check(
          ((org.apache.spark.sql.classic.SparkSession) spark)
              .sessionState()
              .sqlParser()
              .parsePlan(sql));
    } catch (ParseException e) {
      throw new InvalidInput("%s", KindredSql.explain(e).orElse(e.getMessage()));
    }
  }

  private static void check(LogicalPlan statement) {
    int joined = joined(statement, Collections.newSetFromMap(new IdentityHashMap<>()));
    if (joined > MOST_JOINED) {
      throw new InvalidInput(
          "a query that joins %d values is not answered here, only up to %d (a function like"
              + " transform counts as %d)",
          joined, MOST_JOINED, NESTED);
    }
  }

  /**
   * Checks a part of a statement.
   *
   * @param seen parts that were checked, as a subquery is found by its expression and by its plan
   * @return how many values its functions join
   */
  private static int joined(TreeNode<?> node, Set<TreeNode<?>> seen) {
    int joined = 0;
    if (!seen.add(node)) {
      return joined;
    }

    if (node instanceof LogicalPlan plan) {
      String name = plan.getClass().getSimpleName().replace("$", "");
      if (!ALLOWED.contains(name)) {
        throw new InvalidInput("%s is not answered here, only what reads tables", name);
      }

      if (plan instanceof UnresolvedWith with && with.allowRecursion()) {
        throw new InvalidInput("with recursive is not answered here");
      }

      if (plan instanceof UnresolvedTableValuedFunction function) {
        joined += function(function.name(), function.functionArgs().size());
      }

      for (Expression expression : CollectionConverters.asJava(plan.expressions())) {
        joined += joined(expression, seen);
      }
    }

    if (node instanceof ExpressionWithUnresolvedIdentifier) {
      throw new InvalidInput("identifier(..) is not answered here; write the name itself");
    }

    if (node instanceof UnresolvedFunction function) {
      joined += function(function.nameParts(), function.arguments().size());
    }

    if (node instanceof UnresolvedGenerator generator) {
      joined += function(generator.name().nameParts(), generator.children().size());
    }

    if (node instanceof Concat || node instanceof CreateNamedStruct || node instanceof Overlay) {
      joined += node.children().size(); // of a syntax of their own
    }

    if (node instanceof PlanExpression<?> subquery) {
      joined += joined(subquery.plan(), seen);
    }

    return joined + joined(node.children(), seen) + joined(node.innerChildren(), seen);
  }

  private static int joined(scala.collection.Seq<?> nodes, Set<TreeNode<?>> seen) {
    int joined = 0;
    for (Object node : CollectionConverters.asJava(nodes)) {
      if (node instanceof TreeNode<?> part) {
        joined += joined(part, seen);
      }
    }

    return joined;
  }

  /** Checks a function, and returns how many values it joins. */
  private static int function(scala.collection.Seq<String> names, int arguments) {
    String name = names.last().toLowerCase(Locale.ROOT);
    if (REFUSED.contains(name)) {
      throw new InvalidInput("function %s is not answered here", name);
    }

    if (GROWING.contains(name)) {
      throw new InvalidInput(
          "function %s is not answered here, as it can need more memory than there is; kindred sql"
              + " answers it",
          name);
    }

    int most = MOST_ARGUMENTS.getOrDefault(name, Integer.MAX_VALUE);
    if (arguments > most) {
      throw new InvalidInput(
          "function %s with %d arguments is not answered here, only with up to %d; kindred sql"
              + " answers it",
          name, arguments, most);
    }

    if (NESTING.contains(name)) {
      return NESTED;
    }

    return JOINING.contains(name) ? arguments : 0;
  }

  @Override
  public void close() {
    clock.shutdownNow();
  }
}
