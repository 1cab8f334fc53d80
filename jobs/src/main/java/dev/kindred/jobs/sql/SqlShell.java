/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.sql;

import dev.kindred.InvalidInput;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.IntSupplier;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/**
 * Runs SQL statements over a warehouse and prints what they give.
 *
 * <p>The catalog {@code kindred} is the default one: {@code distances} is {@code
 * kindred.current.distances}.
 */
public final class SqlShell {
  private static final String HELP =
      """
      show tables;                lists the tables of the newest published run
      describe distances;         says what a table's columns are, with units
      select * from distances order by hellinger desc limit 5;
      select * from kindred.runs; lists all runs; show namespaces; those that can be named
      show user functions;        lists Kindred's functions
      quit;                       ends this, as Ctrl-D does; Ctrl-C cancels a statement
      Rows are cut where the terminal ends; --format csv and json have all of them.
      docs/sql.md has all tables, functions and queries to begin with.\
      """;

  private static final String PROMPT = "kindred> ";
  private static final String GOES_ON = "      -> ";
  private static final int ANY_WIDTH = 0;

  /** The job group of the statement that somebody waits for; null for none. */
  private final AtomicReference<String> asked = new AtomicReference<>();

  private volatile boolean isCancelled;
  private final SparkSession spark;
  private final ResultFormat format;
  private final PrintStream out;

  /**
   * A shell.
   *
   * @param format table, csv or json
   */
  public SqlShell(SparkSession spark, String warehouse, String format, PrintStream out) {
    this.format = ResultFormat.of(format);
    this.spark = spark;
    this.out = out;
    KindredSql.use(spark, warehouse);
  }

  /**
   * Checks how rows are to be printed.
   *
   * @throws InvalidInput if it is none of table, csv and json
   */
  public static void checkFormat(String format) {
    ResultFormat.of(format);
  }

  /**
   * Runs statements one after the other, up to the first that fails.
   *
   * @throws InvalidInput if one cannot be run
   */
  public void runAll(String sql) {
    Statements statements = new Statements();
    runAll(statements.add(sql), "");
    runAll(statements.finish(), "");
  }

  /**
   * Runs the statements of a file.
   *
   * @throws InvalidInput if the file cannot be read, or naming the line of a statement that cannot
   *     be run
   */
  public void runFile(String file) {
    String sql;
    try {
      sql = Files.readString(Path.of(file));
    } catch (IOException e) {
      throw new InvalidInput("-f %s: cannot be read: %s", file, e.getMessage());
    }

    Statements statements = new Statements();
    runAll(statements.add(sql), file);
    runAll(statements.finish(), file);
  }

  /**
   * Runs statements as they come in, each when its semicolon does, up to the first that fails.
   *
   * @throws InvalidInput if one cannot be run
   */
  public void run(InputStream in) throws IOException {
    BufferedReader lines = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8));
    Statements statements = new Statements();
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      runAll(statements.add(line + "\n"), "");
    }

    runAll(statements.finish(), "");
  }

  /**
   * Runs statements that somebody types, who is asked for each, told how long it took, and goes on
   * after an error.
   *
   * @param columns how many characters a line of the terminal has: longer rows are cut; 0 for any
   */
  public void talk(Lines lines, IntSupplier columns) throws IOException {
    Statements statements = new Statements();
    out.println("Statements end with a semicolon; help; says more, quit; ends this.");
    while (true) {
      String line;
      try {
        line = lines.next(statements.isOpen() ? GOES_ON : PROMPT);
      } catch (CancellationException e) {
        statements = new Statements();
        continue;
      }

      String word = line == null ? "" : line.strip().replace(";", "").strip();
      if (line == null || !statements.isOpen() && List.of("quit", "exit").contains(word)) {
        break;
      }

      if (!statements.isOpen() && word.equals("help")) {
        out.println(HELP);
      } else {
        answer(statements.add(line + "\n"), columns.getAsInt());
      }
    }

    answer(statements.finish(), columns.getAsInt());
  }

  private void answer(List<Statements.Statement> statements, int columns) {
    for (Statements.Statement statement : statements) {
      long begun = System.nanoTime();
      isCancelled = false;
      asked.set("sql-" + UUID.randomUUID());
      spark.sparkContext().setJobGroup(asked.get(), statement.text(), true);
      try {
        run(statement.text(), columns);
        out.printf(Locale.ROOT, "%.2f s%n", (System.nanoTime() - begun) / 1e9);
      } catch (Exception e) {
        Optional<String> message = isCancelled ? Optional.of("cancelled") : KindredSql.explain(e);
        if (message.isEmpty()) {
          throw e;
        }

        out.println(message.get());
        return;
      } finally {
        asked.set(null);
        spark.sparkContext().clearJobGroup();
      }
    }
  }

  /**
   * Cancels the statement that {@link #talk} is running, from another thread.
   *
   * @return false if there is none, or if it was cancelled before and has not ended yet
   */
  public boolean cancel() {
    String group = asked.get();
    if (group == null || isCancelled) {
      return false;
    }

    isCancelled = true;
    spark.sparkContext().cancelJobGroupAndFutureJobs(group, "cancelled");
    return true;
  }

  private void runAll(List<Statements.Statement> statements, String file) {
    for (Statements.Statement statement : statements) {
      try {
        run(statement.text(), ANY_WIDTH);
      } catch (Exception e) {
        Optional<String> message = KindredSql.explain(e);
        if (message.isEmpty()) {
          throw e;
        }

        throw new InvalidInput(
            "%s%s", file.isEmpty() ? "" : file + ":" + statement.line() + ": ", message.get());
      }
    }
  }

  private void run(String statement, int columns) {
    Dataset<Row> rows = spark.sql(statement);
    if (rows.columns().length > 0) {
      format.print(rows, columns, out);
    }
  }
}
