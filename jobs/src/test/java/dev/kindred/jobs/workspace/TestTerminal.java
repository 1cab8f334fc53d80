/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.workspace;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** What is written to standard error, to the character. */
class TestTerminal {
  private final ByteArrayOutputStream written = new ByteArrayOutputStream();
  private final PrintStream out = new PrintStream(written, true, StandardCharsets.UTF_8);

  private String written() {
    return written.toString(StandardCharsets.UTF_8).replace(System.lineSeparator(), "\n");
  }

  @Test
  void aTerminalDrawsOverTheLastLineAndCutsWhereItEnds() {
    Terminal terminal = new Terminal(out, 20, false, "");
    terminal.draw("[1/9] corpus  0:01");
    terminal.draw("[1/9] corpus  100 % and more");
    terminal.line("[1/9] corpus done");
    assertThat(written())
        .isEqualTo(
            "\r\033[K[1/9] corpus  0:01\r\033[K[1/9] corpus  100 %\r\033[K[1/9] corpus done\n");
  }

  @Test
  void whatOthersWriteTakesThePlaceOfTheDrawnLine() {
    Terminal terminal = new Terminal(out, 80, false, "");
    PrintStream others = terminal.forOthers();
    terminal.draw("[1/9] corpus  0:01");
    others.println("kindred: a warning");
    others.println("and another");
    assertThat(written())
        .isEqualTo("\r\033[K[1/9] corpus  0:01\r\033[Kkindred: a warning\nand another\n");
  }

  @Test
  void whatIsNoTerminalGetsLinesOnly() {
    Terminal terminal = new Terminal(out, 0, false, "");
    terminal.draw("[1/9] corpus  0:01");
    terminal.line("[1/9] corpus done");
    terminal.clear();
    assertThat(written()).isEqualTo("[1/9] corpus done\n");
  }

  @Test
  void theFirstLineIsSaidOnce() {
    Terminal terminal = new Terminal(out, 0, false, "kindred: log warehouse/logs/run.log");
    terminal.line("one");
    terminal.line("two");
    assertThat(written()).isEqualTo("kindred: log warehouse/logs/run.log\none\ntwo\n");
  }

  @Test
  void whoAskedForQuietGetsNothing() {
    Terminal terminal = new Terminal(out, 80, true, "kindred: log warehouse/logs/run.log");
    terminal.draw("[1/9] corpus  0:01");
    terminal.line("[1/9] corpus done");
    assertThat(written()).isEmpty();
  }
}
