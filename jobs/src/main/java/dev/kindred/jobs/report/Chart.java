/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.report;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.function.DoubleFunction;

/**
 * A picture over two axes: an SVG that is as wide as its place and whose text keeps its size.
 *
 * @param alt what it shows, for those who do not see it
 * @param series the first is the lowest
 * @param marks upright lines that are labelled in the picture, from left to right
 * @param columns parts of the picture that lead somewhere
 */
public record Chart(
    String alt, Axis x, Axis y, List<Series> series, List<Mark> marks, List<Column> columns) {
  /** Width and height of the ground that shapes are drawn on, whatever its size on a page. */
  public static final int GROUND = 1_000;

  private static final int MOST_TICKS = 5;

  /** Shares of an axis beyond which labels are written towards the middle. */
  private static final double NEAR_THE_LOW_END = 0.03;

  private static final double NEAR_THE_HIGH_END = 0.97;
  private static final double TOO_FAR_RIGHT_FOR_A_LABEL = 0.6;

  /** Puts marks from left to right. */
  public Chart {
    marks = marks.stream().sorted(Comparator.comparingDouble(Mark::x)).toList();
  }

  /** Returns a picture without marks and columns. */
  public static Chart of(String alt, Axis x, Axis y, List<Series> series) {
    return new Chart(alt, x, y, series, List.of(), List.of());
  }

  /**
   * An axis.
   *
   * @param title what it measures
   */
  public record Axis(String title, double least, double greatest, List<Tick> ticks) {

    /**
     * Returns an axis from 0 whose ticks are at round numbers.
     *
     * @param needed the least that it has to reach
     */
    public static Axis upTo(double needed, String title, DoubleFunction<String> label) {
      return between(0, needed, title, label);
    }

    /**
     * Returns an axis whose ticks are at round numbers, and which ends at such. Where both ends are
     * the same, it goes as far up as they are from 0.
     *
     * @param low finite, as high
     */
    static Axis between(double low, double high, String title, DoubleFunction<String> label) {
      boolean isOneValue = high - low <= 1e-9 * Math.abs(high);
      double step = step(!isOneValue ? high - low : high == 0 ? 1 : Math.abs(high));
      long first = (long) Math.floor(low / step + 1e-9);
      long last = Math.max(first + 1, (long) Math.ceil(high / step - 1e-9));
      List<Tick> ticks = new ArrayList<>();
      for (long i = first; i <= last; i++) {
        ticks.add(new Tick(i * step, label.apply(i * step)));
      }

      return new Axis(title, first * step, last * step, ticks);
    }

    /** 1, 2 or 5 times a power of ten. */
    private static double step(double length) {
      double power = Math.pow(10, Math.floor(Math.log10(length / MOST_TICKS)));
      for (int factor : new int[] {1, 2, 5}) {
        if (length / (factor * power) <= MOST_TICKS) {
          return factor * power;
        }
      }

      return 10 * power;
    }

    /** Returns a place across, in percent of the width. */
    public String across(double value) {
      return percent(share(value));
    }

    private double share(double value) {
      return (value - least) / (greatest - least);
    }
  }

  /** A labelled place of an axis. */
  public record Tick(double value, String label) {}

  /** How values are drawn. */
  public enum Shape {
    LINE,
    STEPS,
    DOTS
  }

  /**
   * Values over the axes.
   *
   * @param name for the legend
   * @param style its class in the page's style
   * @param xs of steps, their edges: one more than values
   */
  public record Series(String name, String style, Shape shape, double[] xs, double[] ys) {}

  /**
   * An upright line.
   *
   * @param style its class in the page's style
   */
  public record Mark(String label, String style, double x) {}

  /**
   * A part of the picture from its top to its bottom.
   *
   * @param address what comes behind the # of the page's address when it is followed
   */
  public record Column(String title, String address, double from, double to) {}

  /** Returns a place across, in percent of the width. */
  public String across(double value) {
    return x.across(value);
  }

  /** Returns a place from the top down, in percent of the height. */
  public String down(double value) {
    return percent(1 - y.share(value));
  }

  /** Returns how wide a part is, in percent of the width. */
  public String width(Column column) {
    return percent(x.share(column.to()) - x.share(column.from()));
  }

  /** Returns which part of a label stands at its place across, in words of SVG. */
  public String anchor(Tick tick) {
    double share = x.share(tick.value());
    return share < NEAR_THE_LOW_END ? "start" : share > NEAR_THE_HIGH_END ? "end" : "middle";
  }

  /** Whether a mark's label stands to the left of it, where there is more room. */
  public boolean isLabelledLeft(Mark mark) {
    return x.share(mark.x()) > TOO_FAR_RIGHT_FOR_A_LABEL;
  }

  /** Returns a series as the path of an SVG, over the {@link #GROUND}. */
  public String path(Series series) {
    return switch (series.shape()) {
      case LINE -> line(series);
      case STEPS -> steps(series);
      case DOTS -> dots(series);
    };
  }

  private String line(Series series) {
    StringBuilder path = new StringBuilder();
    for (int i = 0; i < series.ys().length; i++) {
      path.append(i == 0 ? 'M' : 'L').append(place(series.xs()[i], series.ys()[i]));
    }

    return path.toString();
  }

  /** A step at each edge, the last one down to the axis. */
  private String steps(Series series) {
    StringBuilder path = new StringBuilder("M").append(place(series.xs()[0], 0));
    for (int i = 0; i < series.ys().length; i++) {
      path.append('V')
          .append(units(1 - y.share(series.ys()[i])))
          .append('H')
          .append(units(x.share(series.xs()[i + 1])));
    }

    return path.append('V').append(units(1 - y.share(0))).toString();
  }

  /** Lines of no length, whose ends are round. */
  private String dots(Series series) {
    StringBuilder path = new StringBuilder();
    for (int i = 0; i < series.ys().length; i++) {
      path.append('M').append(place(series.xs()[i], series.ys()[i])).append("h0");
    }

    return path.toString();
  }

  private String place(double atX, double atY) {
    return units(x.share(atX)) + " " + units(1 - y.share(atY));
  }

  private static String units(double share) {
    return Long.toString(Math.round(GROUND * share));
  }

  private static String percent(double share) {
    return String.format(Locale.ROOT, "%.2f%%", 100 * share);
  }
}
