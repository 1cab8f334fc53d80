/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.sql;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kindred.LocalSpark;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CancellationException;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerJobStart;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** What somebody sees who types statements. */
@ExtendWith(LocalSpark.class)
class TestSqlShell {
  private static final int COLUMNS = 12;
  private static final String CTRL_C = "\u0003";

  private final ByteArrayOutputStream seen = new ByteArrayOutputStream();
  @TempDir private Path folder;
  private SqlShell shell;

  @BeforeEach
  void open(SparkSession spark) {
    shell =
        new SqlShell(
            spark.newSession(),
            folder.toString(),
            "table",
            new PrintStream(seen, true, StandardCharsets.UTF_8));
  }

  /** Returns the lines that are seen after the first one. */
  private List<String> type(String text) throws IOException {
    Iterator<String> lines = text.lines().iterator();
    shell.talk(
        prompt -> {
          String line = lines.hasNext() ? lines.next() : null;
          if (CTRL_C.equals(line)) {
            throw new CancellationException();
          }

          return line;
        },
        () -> COLUMNS);
    return seen.toString(StandardCharsets.UTF_8).lines().skip(1).toList();
  }

  @Test
  void rowsAreCutWhereTheTerminalEndsAndTheirTimeIsTold() throws IOException {
    List<String> lines = type("select 'abcdefghijklmnop' as letters,\n 1 as one;\n");
    assertThat(lines.subList(0, 4))
        .containsExactly("letters    …", "-----------…", "abcdefghijk…", "(1 row)");
    assertThat(lines.get(4)).matches("\\d+\\.\\d\\d s");
  }

  @Test
  void anErrorDoesNotEndIt() throws IOException {
    assertThat(type("select nonsense;\nselect 1 as a;\n")).contains("(1 row)");
  }

  @Test
  void helpIsAWordWithOrWithoutASemicolon() throws IOException {
    assertThat(type("help\nhelp;\n").stream().filter(line -> line.startsWith("show tables;")))
        .hasSize(2);
  }

  @Test
  void afterQuitNothingIsRun() throws IOException {
    assertThat(type("quit;\nselect 1 as a;\n")).allMatch(String::isEmpty);
  }

  @Test
  void aCancelledStatementEndsAndTheNextIsRun(SparkSession spark) throws IOException {
    SparkListener canceller =
        new SparkListener() {
          @Override
          public void onJobStart(SparkListenerJobStart started) {
            spark.sparkContext().removeSparkListener(this);
            assertThat(shell.cancel()).isTrue();
            assertThat(shell.cancel()).as("once more").isFalse();
          }
        };
    spark.sparkContext().addSparkListener(canceller);
    assertThat(
            type("select sum(hash(id)) from range(1000000000000);\nselect 7 as a from range(1);\n"))
        .startsWith("cancelled")
        .contains("(1 row)");
  }

  @Test
  void whatWasTypedOfAStatementIsDropped() throws IOException {
    assertThat(type("select nonsense,\n" + CTRL_C + "\nselect 1 as a;\n")).contains("(1 row)");
  }
}
