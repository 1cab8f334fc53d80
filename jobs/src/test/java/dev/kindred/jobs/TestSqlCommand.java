/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code kindred sql} as a user meets it. Functions and plain SQL need no warehouse. */
class TestSqlCommand {
  private static final String NEW_LINE = System.lineSeparator();

  @TempDir private Path folder;

  @Test
  void printsATableOfAlignedColumns() {
    CommandLineRun run =
        CommandLineRun.of(
            "sql",
            "-e",
            "select * from values ('a', 1, null), ('b\nc', 234, array(1.5)) as t(text, n, list)"
                + " order by n; select kindred.entropy(array(1f, 1f)) as bits;"
                + " select concat(chr(7), '\u202e', '\ufffd<0xE4>') as unseen",
            "--warehouse",
            folder.toString());

    assertThat(run.status()).as(run.err()).isZero();
    assertThat(run.out().lines())
        .containsExactly(
            "text    n  list",
            "----  ---  -----",
            "a       1  NULL",
            "b\\nc  234  [1.5]",
            "(2 rows)",
            "bits",
            "----",
            " 1.0",
            "(1 row)",
            "unseen",
            "-------------------",
            "\\u0007\\u202E\ufffd<0xE4>",
            "(1 row)");
  }

  @Test
  void printsCsv() {
    CommandLineRun run =
        CommandLineRun.of(
            "sql",
            "--format",
            "csv",
            "-e",
            "select 'a,b' as x, 'say \"x\"' as x, null as `y,z`, '' as e, map(1, 2.5d) as m",
            "--warehouse",
            folder.toString());

    assertThat(run.out().lines())
        .as(run.err())
        .containsExactly("x,x,\"y,z\",e,m", "\"a,b\",\"say \"\"x\"\"\",,\"\",{1 -> 2.5}");
  }

  @Test
  void printsJsonLines() {
    CommandLineRun run =
        CommandLineRun.of(
            "sql",
            "--format",
            "json",
            "-e",
            "select id, null as n, array(1) as a from range(2)",
            "--warehouse",
            folder.toString());

    assertThat(run.out().lines())
        .as(run.err())
        .containsExactlyInAnyOrder(
            "{\"id\":0,\"n\":null,\"a\":[1]}", "{\"id\":1,\"n\":null,\"a\":[1]}");
  }

  @Test
  void runsAFileAndNamesTheLineOfAnError() throws IOException {
    Path file =
        Files.writeString(
            folder.resolve("queries.sql"), "-- two\nselect 1 as one;\n\nselect nonsense;\n");
    CommandLineRun run =
        CommandLineRun.of(
            "sql", "-f", file.toString(), "--format", "csv", "--warehouse", folder.toString());

    assertThat(run.out()).isEqualTo("one" + NEW_LINE + "1" + NEW_LINE);
    assertThat(run.status()).isEqualTo(2);
    assertThat(run.messages())
        .singleElement()
        .asString()
        .startsWith("kindred: " + file + ":4: [UNRESOLVED_COLUMN");
  }

  @Test
  void readsStatementsFromStandardInput() {
    InputStream standardIn = System.in;
    System.setIn(
        new ByteArrayInputStream(
            "select 1 as a;\nselect\n2 as b".getBytes(StandardCharsets.UTF_8)));
    try {
      CommandLineRun run =
          CommandLineRun.of("sql", "--format", "csv", "--warehouse", folder.toString());

      assertThat(run.out().lines()).as(run.err()).containsExactly("a", "1", "b", "2");
    } finally {
      System.setIn(standardIn);
    }
  }

  @Test
  void anErrorIsOneLineAndEndsIt() {
    assertRefused("select 1 as a; select 1 +; select 2", "kindred: [PARSE_SYNTAX_ERROR]");
    assertRefused(
        "select * from kindred.current.nonsense",
        "kindred: there is no table kindred.current.nonsense; show tables lists those there are");
    assertRefused("select 1 / (id - 1) from range(2)", "kindred: [DIVIDE_BY_ZERO]");
    assertRefused(
        "select kindred.cosine_similarity(array(float(id)), array(1f, 2f)) from range(2)",
        "kindred: cosine_similarity: lengths differ: 1 and 2");
    assertRefused(
        "drop table kindred.current.distances",
        "kindred: kindred.current: no run has been published in file:" + folder);
    assertRefused("create table t (id int)", "kindred: Kindred's tables are read-only in SQL");
  }

  @Test
  void aTableWhoseNameIsMistypedIsSuggested() {
    assertRefused(
        "select * from distanes", "kindred: there is no table distanes; did you mean distances?");
    assertRefused(
        "select * from kindred.current.similar_string",
        "kindred: there is no table kindred.current.similar_string; did you mean similar_strings?");
  }

  @Test
  void aWarehouseThatIsNotThereIsRefusedWhateverIsAsked() {
    CommandLineRun run =
        CommandLineRun.of(
            "sql", "-e", "select 1", "--warehouse", folder.resolve("none").toString());
    assertThat(run.messages())
        .containsExactly("kindred: --warehouse file:" + folder + "/none: no such folder");
    assertThat(run.status()).isEqualTo(2);
  }

  private void assertRefused(String sql, String message) {
    CommandLineRun run = CommandLineRun.of("sql", "-e", sql, "--warehouse", folder.toString());
    assertThat(run.status()).as(sql).isEqualTo(2);
    assertThat(run.messages()).as(sql).singleElement().asString().startsWith(message);
    assertThat(run.err()).as(sql).doesNotContain("\tat ");
  }

  @Test
  void optionsThatCannotBeUsedAreNamed() {
    assertThat(
            CommandLineRun.of("sql", "-e", "select 1", "-f", "x", "--warehouse", folder.toString())
                .messages())
        .containsExactly("kindred: -e and -f: only one of them can be given");
    assertThat(
            CommandLineRun.of(
                    "sql", "--format", "xml", "-e", "select 1", "--warehouse", folder.toString())
                .messages())
        .containsExactly("kindred: --format xml: it must be table, csv or json");
    assertThat(
            CommandLineRun.of("sql", "-f", "/no/such.sql", "--warehouse", folder.toString())
                .messages())
        .containsExactly("kindred: -f /no/such.sql: cannot be read: /no/such.sql");
  }
}
