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
import java.util.Optional;
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
        Optional<String> message = KindredSql.explain(e);
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
}
