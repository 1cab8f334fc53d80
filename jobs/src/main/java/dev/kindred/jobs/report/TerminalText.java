/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.report;

/** Lines for a terminal, {@value #WIDTH} columns wide, in colours if it has them. */
final class TerminalText {
  static final int WIDTH = 80;

  /** Styles, as ANSI numbers. */
  static final String BOLD = "1";

  static final String FAINT = "2";

  private final StringBuilder text = new StringBuilder();
  private final boolean isColoured;

  TerminalText(boolean isColoured) {
    this.isColoured = isColoured;
  }

  Line line() {
    return new Line();
  }

  /** Adds lines that are ready. */
  void lines(String others) {
    text.append(others);
  }

  void blankLine() {
    text.append('\n');
  }

  @Override
  public String toString() {
    return text.toString();
  }

  /** A line that knows how many columns it fills. */
  final class Line {
    private final StringBuilder line = new StringBuilder();
    private int width;

    int width() {
      return width;
    }

    Line add(FittingText part, String style) {
      width += part.width();
      return styled(part.text(), style);
    }

    /** Adds text whose characters take a column each. */
    Line add(String part, String style) {
      width += part.length();
      return styled(part, style);
    }

    private Line styled(String part, String style) {
      if (isColoured && !style.isEmpty() && !part.isBlank()) {
        line.append("\u001b[").append(style).append('m').append(part).append("\u001b[0m");
      } else {
        line.append(part);
      }

      return this;
    }

    void end() {
      text.append(line.toString().stripTrailing()).append('\n');
    }
  }
}
