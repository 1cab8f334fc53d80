/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.workspace;

import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/**
 * What people read while a command is working: on a terminal lines and, below them, one that is
 * drawn again and again; elsewhere lines only; nothing if they asked for quiet.
 */
public final class Terminal {
  private static final int NOT_A_TERMINAL = 0;
  private static final String CLEARED = "\r\033[K";

  /** What the launch script says of standard error: how wide the terminal is, in characters. */
  private static final String COLUMNS = "kindred.columns";

  private static Terminal standardError = new Terminal(System.err, NOT_A_TERMINAL, false, "");

  private final PrintStream out;
  private final int columns;
  private final boolean isQuiet;
  private String opening;
  private boolean isDrawn;

  /**
   * A terminal.
   *
   * @param columns how many characters a line has; 0 if this is none
   * @param opening the first line, before any other; empty for none
   */
  Terminal(PrintStream out, int columns, boolean isQuiet, String opening) {
    this.out = out;
    this.columns = columns;
    this.isQuiet = isQuiet;
    this.opening = opening;
  }

  /** This process's standard error, as {@link #open} has found it. */
  public static synchronized Terminal standardError() {
    return standardError;
  }

  /**
   * Opens standard error for a command. From then on whatever else is written there takes the place
   * of the line that is drawn.
   */
  static synchronized Terminal open(boolean isQuiet, String opening) {
    int columns =
        "dumb".equals(System.getenv("TERM"))
            ? NOT_A_TERMINAL
            : Integer.getInteger(COLUMNS, NOT_A_TERMINAL);
    Terminal opened = new Terminal(System.err, columns, isQuiet, opening);
    if (opened.isRedrawn()) {
      System.setErr(opened.forOthers());
    }

    standardError = opened;
    return opened;
  }

  /** Only people see colours, and those who set NO_COLOR do not want to. */
  public static boolean isColoured() {
    String noColour = System.getenv("NO_COLOR");
    return System.console() != null
        && (noColour == null || noColour.isEmpty())
        && !"dumb".equals(System.getenv("TERM"));
  }

  /** Whether {@link #draw} does anything. */
  boolean isRedrawn() {
    return columns > 0 && !isQuiet;
  }

  /** A line that stays. */
  public synchronized void line(String text) {
    if (!isQuiet) {
      clear();
      begin();
      out.println(text);
    }
  }

  private void begin() {
    if (!opening.isEmpty()) {
      out.println(opening);
      opening = "";
    }
  }

  /** Draws a line in the place of the one that was drawn last, cut where the terminal ends. */
  synchronized void draw(String text) {
    if (isRedrawn()) {
      begin();
      int shown = Math.min(text.length(), columns - 1);
      out.print(CLEARED + text.substring(0, shown));
      out.flush();
      isDrawn = true;
    }
  }

  /** Takes away what was drawn. */
  synchronized void clear() {
    if (isDrawn) {
      out.print(CLEARED);
      out.flush();
      isDrawn = false;
    }
  }

  /** Returns a stream for whatever else is written to the same place. */
  PrintStream forOthers() {
    return new PrintStream(
        new FilterOutputStream(out) {
          @Override
          public void write(int one) throws IOException {
            clear();
            out.write(one);
          }

          @Override
          public void write(byte[] bytes, int from, int length) throws IOException {
            clear();
            out.write(bytes, from, length);
          }
        },
        true,
        StandardCharsets.UTF_8);
  }
}
