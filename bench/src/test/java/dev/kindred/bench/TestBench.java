/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class TestBench {
  @TempDir Path folder;

  @Test
  void badOptionsGiveOneLineAndStatus2() {
    assertOneLine(
        "--only x: join, activations and questions need a run's tables".replace("x", "[JOIN]"),
        "--only",
        "join");
    assertOneLine("--prompts 3: at least 4", "--prompts", "3");
    assertOneLine("--prompts", "--prompts", "many");
    assertOneLine("--only", "--only", "everything");
    assertOneLine("--warehouse w: the runs make their own", "--warehouse", "w");
    assertOneLine(
        "--plot p.png: there is nothing to draw without runs",
        "--plot",
        "p.png",
        "--only",
        "kernel");
    assertOneLine("--plot " + folder + ": not a file", "--plot", folder.toString());
    assertOneLine("Unknown option: '--fast'", "--fast");
  }

  @Test
  void aCorpusOrModelThatCannotBeReadGivesOneLineAndStatus2() {
    assertOneLine("--corpus " + folder + ": not a text file", "--corpus", folder.toString());
    Path missing = folder.resolve("missing");
    assertOneLine("--corpus " + missing + ": not a text file", "--corpus", missing.toString());
    assertOneLine("--model " + missing + ": no such folder", "--model", missing.toString());
  }

  @Test
  void jsonMustBeGiven() {
    StringWriter err = new StringWriter();
    assertThat(execute(err, List.of("--quick"))).isEqualTo(2);
    assertThat(err.toString().lines())
        .containsExactly("bench: Missing required option: '--json=FILE'");
  }

  private void assertOneLine(String message, String... options) {
    List<String> all = new ArrayList<>(List.of(options));
    all.addAll(List.of("--json", folder.resolve("figures.json").toString()));
    StringWriter err = new StringWriter();
    assertThat(execute(err, all)).as(message).isEqualTo(2);
    assertThat(err.toString().lines())
        .singleElement()
        .asString()
        .startsWith("bench: ")
        .contains(message);
  }

  private static int execute(StringWriter err, List<String> options) {
    CommandLine program = Bench.commandLine().setErr(new PrintWriter(err));
    return program.execute(options.toArray(String[]::new));
  }
}
