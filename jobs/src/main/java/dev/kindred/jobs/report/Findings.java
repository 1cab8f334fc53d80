/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * What was found, as it is shown: {@link TerminalFindings} renders it for the terminal, and {@link
 * Report} as a section of a page. Neither knows which analysis has found it.
 *
 * @param title the heading
 * @param elements in reading order
 * @param statements SQL by which the figures can be had; {@code {run}} stands for the run's schema
 */
public record Findings(String title, List<Element> elements, List<String> statements) {

  /** A part of what is shown. */
  public sealed interface Element permits Note, Grid, Plots, Drawings {}

  /**
   * Sentences.
   *
   * @param onTerminal whether the terminal shows them, too
   */
  public record Note(String text, boolean onTerminal) implements Element {
    /** Returns a note that explains what a page shows. */
    public static Note onPage(String text) {
      return new Note(text, false);
    }

    /** Returns a note that is a finding. */
    public static Note everywhere(String text) {
      return new Note(text, true);
    }
  }

  /**
   * What was found about one prompt, which the run's report has folded among the prompt's evidence.
   *
   * @param title what it is
   * @param lede what it shows, after the title
   */
  public record OfPrompt(String title, String lede, List<Element> elements) {}

  /**
   * A table.
   *
   * @param caption what it has, for those who do not see it
   * @param corner the heading of the rows' names
   */
  public record Grid(String caption, String corner, List<Column> columns, List<Row> rows)
      implements Element {

    /** Whether columns are in groups. */
    public boolean isGrouped() {
      return columns.stream().anyMatch(column -> !column.group().isEmpty());
    }

    /** Whether cells have tokens, and how probable they are. */
    public boolean isOfTokens() {
      return rows.stream().flatMap(row -> row.cells().stream()).anyMatch(Cell::isShaded);
    }

    /** Returns groups from left to right; columns without one are a group by themselves. */
    public List<Group> groups() {
      List<Group> groups = new ArrayList<>();
      for (Column column : columns) {
        Group last = groups.isEmpty() ? null : groups.get(groups.size() - 1);
        if (last != null && !column.group().isEmpty() && last.name().equals(column.group())) {
          groups.set(groups.size() - 1, new Group(last.name(), last.span() + 1));
        } else {
          groups.add(new Group(column.group(), 1));
        }
      }

      return groups;
    }

    /** Returns the same table with a row for each column. */
    Grid transposed() {
      List<Row> turned = new ArrayList<>();
      for (int i = 0; i < columns.size(); i++) {
        int column = i;
        String group = columns.get(i).group();
        String name = columns.get(i).heading().text();
        turned.add(
            new Row(
                Cell.of(group.isEmpty() ? name : group + ", " + name),
                rows.stream().map(row -> row.cells().get(column)).toList()));
      }

      return new Grid(
          caption,
          "",
          rows.stream()
              .map(row -> new Column("", Cell.of(corner + " " + row.name().text())))
              .toList(),
          turned);
    }
  }

  /** Columns under one heading. */
  public record Group(String name, int span) {}

  /**
   * A column.
   *
   * @param group heading that it shares with columns beside it; empty for none
   */
  public record Column(String group, Cell heading) {
    public static Column of(String heading) {
      return new Column("", Cell.of(heading));
    }

    public static Column of(String group, String heading) {
      return new Column(group, Cell.of(heading));
    }
  }

  /** A row; it has as many cells as there are columns. */
  public record Row(Cell name, List<Cell> cells) {
    public static Row of(String name, String... cells) {
      return new Row(Cell.of(name), List.of(cells).stream().map(Cell::of).toList());
    }
  }

  /**
   * A cell.
   *
   * @param isToken whether white space in the text is to be seen
   * @param beside what stands beside the token in small print; empty for nothing
   * @param share how much colour stands behind it, in [0, 1]; NaN for none
   */
  public record Cell(String text, boolean isToken, String beside, double share) {
    public static Cell of(String text) {
      return new Cell(text, false, "", Double.NaN);
    }

    public static Cell token(String text) {
      return new Cell(text, true, "", Double.NaN);
    }

    /** Returns a token that is predicted. */
    public static Cell token(String text, String beside, double probability) {
      return new Cell(text, true, beside, probability);
    }

    public boolean isShaded() {
      return !Double.isNaN(share);
    }

    /** Returns the colour in percent: text is legible on it in light and in dark. */
    public long shade() {
      return Math.round(DARKEST * share);
    }

    private static final int DARKEST = 50;
  }

  /**
   * Charts of lines side by side; the terminal has none.
   *
   * @param isWide whether each takes the page's width
   */
  public record Plots(List<Plot> plots, boolean isWide) implements Element {}

  /**
   * A chart.
   *
   * @param alt what it shows, for those who do not see it
   */
  public record Plot(String caption, String alt, Axis x, Axis y, List<Line> lines, boolean isWide) {
    private static final int LEFT = 40;
    private static final int RIGHT = 8;
    private static final int TOP = 8;
    private static final int BOTTOM = 22;

    public int width() {
      return isWide ? 680 : 230;
    }

    public int height() {
      return isWide ? 320 : 124;
    }

    public double x(double value) {
      return LEFT + x.share(value) * (width() - LEFT - RIGHT);
    }

    public double y(double value) {
      return TOP + (1 - y.share(value)) * (height() - TOP - BOTTOM);
    }

    /** Returns a line as an SVG polyline's points. */
    public String points(Line line) {
      StringBuilder points = new StringBuilder();
      for (int i = 0; i < line.xs().length; i++) {
        points.append(String.format(Locale.ROOT, "%.1f,%.1f ", x(line.xs()[i]), y(line.ys()[i])));
      }

      return points.toString().stripTrailing();
    }
  }

  /** An axis from its least to its greatest value, which have labels. */
  public record Axis(double least, double greatest, String leastLabel, String greatestLabel) {
    private double share(double value) {
      return greatest == least ? 0 : (value - least) / (greatest - least);
    }
  }

  /**
   * A line of a chart.
   *
   * @param style its class in the page's style: {@code attention}, {@code ffn whole}, {@code
   *     failed}
   * @param title what it is of; empty if the note says it
   */
  public record Line(String style, String title, double[] xs, double[] ys) {}

  /** Pictures side by side; the terminal has none. */
  public record Drawings(List<Drawing> drawings) implements Element {}

  /**
   * A picture.
   *
   * @param label what it is
   * @param alt what it shows, for those who do not see it
   * @param svg its elements, which have no text of others' in them
   */
  public record Drawing(
      String label, String alt, String caption, double width, double height, String svg) {}
}
