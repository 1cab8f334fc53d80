/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.bench;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.DoubleSummaryStatistics;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.style.Styler.LegendLayout;
import org.knowm.xchart.style.Styler.LegendPosition;
import org.knowm.xchart.style.XYStyler;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** Draws whole runs' seconds over the share of the corpus, both logarithmic. */
final class CostCurve {
  private static final int WIDTH = 680;
  private static final int HEIGHT = 380;
  private static final int DENSITY = 2; // device pixels in a CSS pixel
  private static final Font FONT = new Font(Font.SANS_SERIF, Font.PLAIN, 12);
  private static final Color LABELS = new Color(0x555555);
  private static final Color GRID = new Color(0xE4E2DA);
  static final Color ALL_CORES = new Color(0x35617F);
  static final Color ONE_CORE = new Color(0xB4622D);
  private static final Color PROPORTIONAL = new Color(0xA9A69E);

  /**
   * What a run cost.
   *
   * @param share of the corpus, in (0, 1]
   */
  record Point(double share, double seconds) {

    /** Place on the axis: 0 for all of the corpus, -1 for half of it. */
    private double doublings() {
      return Math.log(share) / Math.log(2);
    }
  }

  private CostCurve() {}

  /**
   * Writes a PNG file.
   *
   * @param allCores runs by share, ascending; at least one
   * @param cores how many all are
   * @param oneCore the same on one core, or none
   */
  static void write(List<Point> allCores, int cores, List<Point> oneCore, Path file) {
    XYChart chart =
        new XYChartBuilder()
            .width(WIDTH)
            .height(HEIGHT)
            .xAxisTitle("share of the corpus")
            .yAxisTitle("seconds")
            .build();
    style(chart.getStyler());
    add(chart, "cores: " + cores, allCores, ALL_CORES);
    if (!oneCore.isEmpty()) {
      add(chart, "cores: 1", oneCore, ONE_CORE);
    }

    addProportional(chart, allCores);
    DoubleSummaryStatistics seconds =
        Stream.concat(allCores.stream(), oneCore.stream())
            .mapToDouble(Point::seconds)
            .summaryStatistics();
    // The axis has labels at powers of ten alone.
    chart.getStyler().setYAxisMin(Math.pow(10, Math.floor(Math.log10(seconds.getMin()))));
    chart.getStyler().setYAxisMax(Math.pow(10, Math.ceil(Math.log10(seconds.getMax()))));
    BufferedImage image =
        new BufferedImage(WIDTH * DENSITY, HEIGHT * DENSITY, BufferedImage.TYPE_INT_RGB);
    Graphics2D graphics = image.createGraphics();
    try {
      graphics.scale(DENSITY, DENSITY);
      chart.paint(graphics, WIDTH, HEIGHT);
      if (!ImageIO.write(image, "png", file.toFile())) {
        throw new IllegalStateException("this Java runtime has no PNG writer");
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } finally {
      graphics.dispose();
    }
  }

  private static void add(XYChart chart, String name, List<Point> runs, Color color) {
    XYSeries series =
        chart.addSeries(
            name,
            runs.stream().mapToDouble(Point::doublings).toArray(),
            runs.stream().mapToDouble(Point::seconds).toArray());
    series.setMarker(SeriesMarkers.CIRCLE);
    series.setMarkerColor(color);
    series.setLineColor(color);
    series.setLineStyle(new BasicStroke(2));
  }

  /** What the largest run would cost on less, if cost were proportional to the corpus. */
  private static void addProportional(XYChart chart, List<Point> runs) {
    Point largest = runs.get(runs.size() - 1);
    double[] doublings = runs.stream().mapToDouble(Point::doublings).toArray();
    double[] proportional =
        runs.stream()
            .mapToDouble(run -> largest.seconds() * run.share() / largest.share())
            .toArray();
    XYSeries series = chart.addSeries("proportional to the corpus", doublings, proportional);
    series.setMarker(SeriesMarkers.NONE);
    series.setLineColor(PROPORTIONAL);
    series.setLineStyle(
        new BasicStroke(1, BasicStroke.CAP_BUTT, BasicStroke.JOIN_BEVEL, 0, new float[] {4, 4}, 0));
  }

  /** What is written under a place on the axis: nothing between the powers of two. */
  private static String share(double doublings) {
    long power = Math.round(doublings);
    return Math.abs(doublings - power) > 0.01
        ? " "
        : power == 0 ? "all" : power < 0 ? "1/" + (1L << -power) : "";
  }

  private static void style(XYStyler styler) {
    styler.setLocale(Locale.ROOT);
    styler.setChartTitleVisible(false);
    styler.setChartBackgroundColor(Color.WHITE);
    styler.setPlotBackgroundColor(Color.WHITE);
    styler.setPlotBorderVisible(false);
    styler.setPlotGridLinesColor(GRID);
    styler.setPlotGridLinesStroke(new BasicStroke(1));
    styler.setChartFontColor(LABELS);
    styler.setAxisTitleFont(FONT);
    styler.setXAxisTitleColor(LABELS);
    styler.setYAxisTitleColor(LABELS);
    styler.setAxisTickLabelsFont(FONT);
    styler.setAxisTickLabelsColor(LABELS);
    styler.setXAxisTickLabelsFormattingFunction(CostCurve::share);
    styler.setYAxisLogarithmic(true);
    styler.setLegendPosition(LegendPosition.OutsideS);
    styler.setLegendLayout(LegendLayout.Horizontal);
    styler.setLegendBorderColor(Color.WHITE);
    styler.setLegendFont(FONT);
    styler.setMarkerSize(7);
  }
}
