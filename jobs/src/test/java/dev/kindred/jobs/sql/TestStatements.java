/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.sql;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class TestStatements {
  private static List<String> split(String sql) {
    Statements statements = new Statements();
    List<Statements.Statement> all = new ArrayList<>(statements.add(sql));
    all.addAll(statements.finish());
    return all.stream().map(Statements.Statement::text).toList();
  }

  @Test
  void endAtSemicolons() {
    assertThat(split("select 1; select\n 2 ;select 3"))
        .containsExactly("select 1", "select\n 2", "select 3");
  }

  @Test
  void semicolonsInStringsNamesAndCommentsDoNotCount() {
    assertThat(
            split(
                "select ';', \"a;b\", `c;d`, 'it\\'s;', 'a'';b' -- e;f\n, 1 /* ; \n; */ + 2;"
                    + " select 'x'"))
        .containsExactly(
            "select ';', \"a;b\", `c;d`, 'it\\'s;', 'a'';b' -- e;f\n, 1 /* ; \n; */ + 2",
            "select 'x'");
  }

  @Test
  void emptyOnesAndLoneCommentsAreLeftOut() {
    assertThat(split(";; -- nothing;\n ; /* ; */ ;\n")).isEmpty();
    assertThat(split("-- about it\nselect 1 -- one\n;")).containsExactly("select 1 -- one");
  }

  @Test
  void knowTheirLines() {
    Statements statements = new Statements();
    List<Statements.Statement> all = new ArrayList<>();
    for (String line : List.of("-- head\n", "select 1;\n", "\n", "select\n", "2; select 3\n")) {
      all.addAll(statements.add(line));
    }

    all.addAll(statements.finish());
    assertThat(all).extracting(Statements.Statement::line).containsExactly(2, 4, 5);
  }

  @Test
  void areOpenUntilTheirSemicolon() {
    Statements statements = new Statements();
    assertThat(statements.isOpen()).isFalse();
    statements.add("select 'a;\n");
    assertThat(statements.isOpen()).isTrue();
    assertThat(statements.add("b'; -- done\n")).hasSize(1);
    assertThat(statements.isOpen()).isFalse();
  }

  @Test
  void anUnfinishedStringOrCommentEndsWithTheText() {
    assertThat(split("select 'abc;")).containsExactly("select 'abc;");
    assertThat(split("select 1 /* ;")).containsExactly("select 1 /* ;");
    assertThat(split("select 'abc\\")).containsExactly("select 'abc\\");
  }
}
