/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kindred.LocalSpark;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

/**
 * A command line that was run in this process, as a user would see it.
 *
 * @param status exit status
 * @param out standard output
 * @param err standard error
 */
record CommandLineRun(int status, String out, String err) {

  /** Runs a command in the Spark of this JVM's tests, with what no earlier one has cached. */
  static CommandLineRun of(String... arguments) {
    LocalSpark.session().catalog().clearCache();
    PrintStream standardOut = System.out;
    PrintStream standardErr = System.err;
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    try {
      System.setOut(new PrintStream(out, true, StandardCharsets.UTF_8));
      System.setErr(new PrintStream(err, true, StandardCharsets.UTF_8));
      int status = Kindred.run(arguments);
      return new CommandLineRun(
          status, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
    } finally {
      System.setOut(standardOut);
      System.setErr(standardErr);
    }
  }

  /** Returns what a statement gives of a warehouse, as lines of CSV without the header. */
  static List<String> rows(Path warehouse, String statement) {
    CommandLineRun run =
        of("sql", "--warehouse", warehouse.toString(), "--format", "csv", "-e", statement);
    assertThat(run.status()).as(run.err()).isZero();
    return run.out().lines().skip(1).toList();
  }

  /** The arguments of a short run without alternates, whose stages have several tasks. */
  static List<String> ofSmallTasks(Path corpus, Path warehouse, int prompts, int windowsPerTask) {
    return List.of(
        "run",
        "--corpus",
        corpus.toString(),
        "--alternates",
        "none",
        "--prompts",
        Integer.toString(prompts),
        "--nodes-in-flight",
        "4000",
        "--windows-per-task",
        Integer.toString(windowsPerTask),
        "--warehouse",
        warehouse.toString());
  }

  /** The lines on standard error that are not progress. */
  List<String> messages() {
    return err.lines()
        .filter(line -> line.startsWith("kindred:") || line.contains("\tat "))
        .toList();
  }

  /** Steps that ended, as {@code n/m}, or what stands there of one that is not counted. */
  List<String> steps() {
    return err.lines()
        .filter(line -> line.matches("\\S.* (done in .*|reused: .*)"))
        .map(line -> line.replaceFirst("^\\[(\\d+/\\d+)\\] .*", "$1"))
        .distinct()
        .toList();
  }

  String lastLine() {
    return out.lines().reduce((first, second) -> second).orElse("");
  }
}
