/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.report;

import static dev.kindred.jobs.report.TerminalText.BOLD;
import static dev.kindred.jobs.report.TerminalText.FAINT;
import static dev.kindred.jobs.report.TerminalText.WIDTH;

import dev.kindred.jobs.report.Findings.Cell;
import dev.kindred.jobs.report.Findings.Column;
import dev.kindred.jobs.report.Findings.Element;
import dev.kindred.jobs.report.Findings.Grid;
import dev.kindred.jobs.report.Findings.Note;
import dev.kindred.jobs.report.Findings.Row;
import dev.kindred.jobs.report.TerminalText.Line;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Shows findings on a terminal: their tables, and the notes that are findings. */
public final class TerminalFindings {
  private static final int TOKEN_WIDTH = 9; // at most
  private static final int GAP = 2;
  private static final int TOKEN_GAP = 1;

  /**
   * Blue behind black or white, for probabilities of at least 0, 10, 25, 50 and 75 %: colours of
   * their own, so that they can be read on light and dark terminals.
   */
  private static final String[] SHADES = {
    "", "48;5;153;38;5;16", "48;5;111;38;5;16", "48;5;25;38;5;231", "48;5;18;38;5;231"
  };

  private static final double[] SHADED_FROM = {0, .1, .25, .5, .75};

  private final TerminalText text;

  private TerminalFindings(boolean isColoured) {
    this.text = new TerminalText(isColoured);
  }

  /** Returns a prompt as a heading, with a blank line after it. */
  public static String heading(String prompt, boolean isColoured) {
    TerminalFindings shown = new TerminalFindings(isColoured);
    shown.text.line().add(FittingText.start(prompt, WIDTH), BOLD).end();
    shown.text.blankLine();
    return shown.text.toString();
  }

  /** Returns the lines of findings, with a blank line after each table. */
  public static String of(Findings findings, boolean isColoured) {
    TerminalFindings shown = new TerminalFindings(isColoured);
    for (Element element : findings.elements()) {
      if (element instanceof Grid grid) {
        shown.grid(grid);
      } else if (element instanceof Note note && note.onTerminal()) {
        shown.text.line().add(note.text(), "").end();
        shown.text.blankLine();
      }
    }

    return shown.text.toString();
  }

  /** Shows a table as it is, or turned where only that fits, or else in parts. */
  private void grid(Grid grid) {
    Layout layout = new Layout(grid);
    if (!grid.isOfTokens() && layout.width() > WIDTH) {
      Layout turned = new Layout(grid.transposed());
      if (turned.width() < layout.width()) {
        layout = turned;
      }
    }

    int from = 0;
    while (from < layout.columns()) {
      int to = layout.endOfLine(from);
      layout.print(from, to);
      text.blankLine();
      from = to;
    }
  }

  /** How wide the columns of a table are. */
  private final class Layout {
    private final Grid grid;
    private final int gap;
    private final int labels;
    private final List<Integer> texts = new ArrayList<>(); // widths of headings and texts
    private final List<Integer> besides = new ArrayList<>(); // of what stands beside them

    private Layout(Grid grid) {
      this.grid = grid;
      this.gap = grid.isOfTokens() ? TOKEN_GAP : GAP;
      int widest = fitting(Cell.of(grid.corner())).width();
      for (Row row : grid.rows()) {
        widest = Math.max(widest, fitting(row.name()).width());
      }

      this.labels = widest;
      for (int column = 0; column < grid.columns().size(); column++) {
        int text = fitting(grid.columns().get(column).heading()).width();
        int beside = 0;
        for (Row row : grid.rows()) {
          text = Math.max(text, fitting(row.cells().get(column)).width());
          beside = Math.max(beside, row.cells().get(column).beside().length());
        }

        texts.add(text);
        besides.add(beside == 0 ? 0 : beside + 1);
      }
    }

    private int columns() {
      return texts.size();
    }

    private int width() {
      int width = labels;
      for (int column = 0; column < columns(); column++) {
        width += cell(column);
      }

      return width;
    }

    private int cell(int column) {
      return gap + texts.get(column) + besides.get(column);
    }

    /** Returns the end of the columns that fit beside each other, at least one. */
    private int endOfLine(int from) {
      int to = from;
      int width = labels;
      while (to < columns() && (to == from || width + cell(to) <= WIDTH)) {
        width += cell(to);
        to++;
      }

      return to;
    }

    private void print(int from, int to) {
      if (grid.isGrouped()) {
        groups(from, to);
      }

      Line head = text.line().add(fitting(Cell.of(grid.corner())).padded(labels), FAINT);
      for (int column = from; column < to; column++) {
        add(head, column, grid.columns().get(column).heading(), isLeft(column) ? BOLD : FAINT);
      }

      head.end();
      for (Row row : grid.rows()) {
        Line line = text.line().add(fitting(row.name()).padded(labels), FAINT);
        for (int column = from; column < to; column++) {
          Cell cell = row.cells().get(column);
          add(line, column, cell, cell.isShaded() ? shade(cell.share()) : "");
        }

        line.end();
      }
    }

    /** Shows the headings of groups where their first columns begin. */
    private void groups(int from, int to) {
      Line line = text.line().add(" ".repeat(labels), "");
      int end = labels;
      String last = "";
      for (int column = from; column < to; column++) {
        Column shown = grid.columns().get(column);
        if (!shown.group().isEmpty() && !shown.group().equals(last)) {
          int start = end + gap;
          line.add(" ".repeat(Math.max(1, start - line.width())), "").add(shown.group(), FAINT);
        }

        last = shown.group();
        end += cell(column);
      }

      line.end();
    }

    /** Tokens stand on the left of their columns, numbers on the right. */
    private boolean isLeft(int column) {
      return grid.isOfTokens() && besides.get(column) > 0;
    }

    private void add(Line line, int column, Cell cell, String style) {
      line.add(" ".repeat(gap), "");
      FittingText shown = fitting(cell);
      int width = texts.get(column);
      if (!isLeft(column)) {
        line.add(" ".repeat(width - shown.width()), "").add(shown, style);
        return;
      }

      if (!cell.isShaded()) {
        line.add(shown, style).add(" ".repeat(cell(column) - gap - shown.width()), "");
        return;
      }

      FittingText padded = shown.padded(width);
      String beside = String.format(Locale.ROOT, "%" + besides.get(column) + "s", cell.beside());
      line.add(new FittingText(padded.text() + beside, padded.width() + beside.length()), style);
    }
  }

  private static FittingText fitting(Cell cell) {
    return cell.isToken()
        ? FittingText.start(cell.text(), TOKEN_WIDTH)
        : new FittingText(cell.text(), cell.text().length());
  }

  private static String shade(double probability) {
    int shade = SHADES.length - 1;
    while (probability < SHADED_FROM[shade]) {
      shade--;
    }

    return SHADES[shade];
  }
}
