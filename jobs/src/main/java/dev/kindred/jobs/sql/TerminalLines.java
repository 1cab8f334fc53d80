/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.sql;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.CancellationException;
import org.jline.reader.EndOfFileException;
import org.jline.reader.LineReader;
import org.jline.reader.LineReaderBuilder;
import org.jline.reader.UserInterruptException;
import org.jline.terminal.Terminal;
import org.jline.terminal.TerminalBuilder;

/** Lines of a terminal: they can be edited, and the arrow keys lead back to those of before. */
public final class TerminalLines implements Lines, AutoCloseable {
  private final Terminal terminal;
  private final LineReader reader;

  /**
   * The terminal of this process.
   *
   * @param history the file of the lines of before
   * @param interrupted what Ctrl-C does while no line is asked for; while one is, it drops that
   */
  public TerminalLines(Path history, Runnable interrupted) throws IOException {
    terminal = TerminalBuilder.builder().system(true).build();
    terminal.handle(Terminal.Signal.INT, signal -> interrupted.run());
    reader =
        LineReaderBuilder.builder()
            .terminal(terminal)
            .variable(LineReader.HISTORY_FILE, history)
            .option(LineReader.Option.DISABLE_EVENT_EXPANSION, true) // SQL has != and !
            .build();
  }

  @Override
  public String next(String prompt) {
    try {
      return reader.readLine(prompt);
    } catch (UserInterruptException e) {
      throw new CancellationException();
    } catch (EndOfFileException e) {
      return null;
    }
  }

  /** Returns how many characters a line has now. */
  public int columns() {
    return terminal.getWidth();
  }

  @Override
  public void close() throws IOException {
    terminal.close();
  }
}
