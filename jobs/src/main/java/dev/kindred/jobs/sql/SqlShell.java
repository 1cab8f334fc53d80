/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.sql;

import dev.kindred.InvalidInput;
import dev.kindred.sql.KindredCatalog;
import dev.kindred.table.Table;
import dev.kindred.table.Tables;
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
import org.apache.spark.SparkThrowable;
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
  private static final String CATALOG = "kindred";

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
    // A query's error is said in one line; the tasks' stack traces would hide it.
    spark.sparkContext().setLogLevel("FATAL");
    spark.conf().set("spark.sql.catalog." + CATALOG, KindredCatalog.class.getName());
    spark.conf().set("spark.sql.catalog." + CATALOG + ".warehouse", warehouse);
    spark.conf().set("spark.sql.defaultCatalog", CATALOG);
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
   * Runs statements as they come in, each when its semicolon does.
   *
   * @param interactive whether somebody types them: then there is a prompt, and an error does not
   *     end it
   */
  public void run(InputStream in, boolean interactive) throws IOException {
    BufferedReader lines = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8));
    Statements statements = new Statements();
    prompt(statements, interactive);
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      if (interactive && List.of("quit", "exit").contains(line.strip().replace(";", ""))) {
        return;
      }

      runRead(statements.add(line + "\n"), interactive);
      prompt(statements, interactive);
    }

    runRead(statements.finish(), interactive);
  }

  private void prompt(Statements statements, boolean interactive) {
    if (interactive) {
      out.print(statements.isOpen() ? "      -> " : "kindred> ");
      out.flush();
    }
  }

  private void runRead(List<Statements.Statement> statements, boolean interactive) {
    try {
      runAll(statements, "");
    } catch (InvalidInput e) {
      if (!interactive) {
        throw e;
      }

      out.println(e.getMessage());
    }
  }

  private void runAll(List<Statements.Statement> statements, String file) {
    for (Statements.Statement statement : statements) {
      try {
        run(statement.text());
      } catch (Exception e) {
        Optional<String> message = explain(e);
        if (message.isEmpty()) {
          throw e;
        }

        throw new InvalidInput(
            "%s%s", file.isEmpty() ? "" : file + ":" + statement.line() + ": ", message.get());
      }
    }
  }

  private void run(String statement) {
    Dataset<Row> rows = spark.sql(statement);
    if (rows.columns().length > 0) {
      format.print(rows, out);
    }
  }

  /** What is wrong with a statement, in one line; empty if something is wrong with the program. */
  private static Optional<String> explain(Exception thrown) {
    InvalidInput invalid = InvalidInput.findIn(thrown);
    if (invalid != null) {
      return Optional.of(firstLine(invalid));
    }

    Optional<String> unreadable = UnreadableFile.message(thrown);
    if (unreadable.isPresent()) {
      return unreadable;
    }

    for (Throwable cause = thrown; cause != null; cause = cause.getCause()) {
      if (cause instanceof SparkThrowable missing
          && "TABLE_OR_VIEW_NOT_FOUND".equals(missing.getCondition())) {
        return Optional.of(tableNotFound(missing.getMessageParameters().get("relationName")));
      }

      if (cause instanceof SparkThrowable explained && explained.getCondition() != null
          || cause instanceof UnsupportedOperationException) {
        return Optional.of(firstLine(cause));
      }
    }

    return Optional.empty();
  }

  private static String tableNotFound(String quotedName) {
    String name = quotedName.replace("`", "");
    String last = name.substring(name.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT);
    return "there is no table "
        + name
        + NearestName.of(last, Tables.ALL.stream().map(Table::name).toList())
            .map(nearest -> "; did you mean " + nearest + "?")
            .orElse("; show tables lists those there are");
  }

  private static String firstLine(Throwable thrown) {
    return String.valueOf(thrown.getMessage())
        .lines()
        .filter(line -> !line.isBlank())
        .findFirst()
        .orElse(thrown.getClass().getSimpleName());
  }
}
