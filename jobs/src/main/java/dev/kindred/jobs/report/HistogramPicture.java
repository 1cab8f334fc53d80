/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.report;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.Base64;
import java.util.Locale;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import javax.imageio.stream.ImageOutputStream;
import javax.imageio.stream.MemoryCacheImageOutputStream;
import org.knowm.xchart.AnnotationLine;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.style.XYStyler;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** Draws a histogram on a transparent ground, for a page's width and colours. */
final class HistogramPicture {

  /** Device pixels in a CSS pixel. */
  static final int DENSITY = 2;

  private static final Color TRANSPARENT = new Color(0, 0, 0, 0);
  private static final Font FONT = new Font(Font.SANS_SERIF, Font.PLAIN, 12);

  private HistogramPicture() {}

  /** Width and height in CSS pixels. */
  enum Size {
    WIDE(680, 300),
    NARROW(440, 280);

    private final int width;
    private final int height;

    Size(int width, int height) {
      this.width = width;
      this.height = height;
    }

    int width() {
      return width;
    }

    int height() {
      return height;
    }
  }

  /** The inks for a light and for a dark ground. */
  enum Ink {
    LIGHT(0x86A3B8, 0x555555, 0xE4E2DA, 0x111111),
    DARK(0x5F7F96, 0xA9A69E, 0x303238, 0xF0EEE8);

    private final Color bars;
    private final Color labels;
    private final Color grid;
    private final Color mean;

    Ink(int bars, int labels, int grid, int mean) {
      this.bars = new Color(bars);
      this.labels = new Color(labels);
      this.grid = new Color(grid);
      this.mean = new Color(mean);
    }
  }

  /** A PNG image as a data URI. */
  static String dataUri(Histogram histogram, Size size, Ink ink) {
    BufferedImage image =
        new BufferedImage(size.width * DENSITY, size.height * DENSITY, BufferedImage.TYPE_INT_ARGB);
    Graphics2D graphics = image.createGraphics();
    try {
      graphics.scale(DENSITY, DENSITY);
      chart(histogram, size, ink).paint(graphics, size.width, size.height);
    } finally {
      graphics.dispose();
    }
    return "data:image/png;base64," + Base64.getEncoder().encodeToString(png(image));
  }

  private static XYChart chart(Histogram histogram, Size size, Ink ink) {
    XYChart chart =
        new XYChartBuilder()
            .width(size.width)
            .height(size.height)
            .xAxisTitle("Hellinger distance")
            .yAxisTitle("prompts")
            .build();
    style(chart.getStyler(), ink);
    XYSeries series = chart.addSeries("prompts", edges(), outline(histogram.counts()));
    series.setXYSeriesRenderStyle(XYSeries.XYSeriesRenderStyle.StepArea);
    series.setMarker(SeriesMarkers.NONE);
    series.setLineColor(ink.bars);
    series.setFillColor(ink.bars);
    series.setLineWidth(0.5f);
    if (Double.isFinite(histogram.mean())) {
      chart.addAnnotation(new AnnotationLine(histogram.mean(), true, false));
    }
    return chart;
  }

  private static void style(XYStyler styler, Ink ink) {
    styler.setLocale(Locale.ROOT);
    styler.setLegendVisible(false);
    styler.setChartTitleVisible(false);
    styler.setChartPadding(2);
    styler.setChartBackgroundColor(TRANSPARENT);
    styler.setPlotBackgroundColor(TRANSPARENT);
    styler.setPlotBorderVisible(false);
    styler.setPlotContentSize(0.95);
    styler.setPlotMargin(0);
    styler.setPlotGridVerticalLinesVisible(false);
    styler.setPlotGridLinesColor(ink.grid);
    styler.setPlotGridLinesStroke(new BasicStroke(1));
    styler.setChartFontColor(ink.labels);
    styler.setAxisTitleFont(FONT);
    styler.setXAxisTitleColor(ink.labels);
    styler.setYAxisTitleColor(ink.labels);
    styler.setAxisTickLabelsFont(FONT);
    styler.setAxisTickLabelsColor(ink.labels);
    styler.setAxisTickMarksColor(ink.labels);
    styler.setAxisTicksLineVisible(false);
    styler.setXAxisMin(0.0);
    styler.setXAxisMax(1.0);
    styler.setXAxisDecimalPattern("0.0");
    styler.setYAxisMin(0.0);
    styler.setYAxisDecimalPattern("#,##0");
    styler.setAnnotationLineColor(ink.mean);
    styler.setAnnotationLineStroke(new BasicStroke(1.5f));
  }

  private static double[] edges() {
    return IntStream.rangeClosed(0, Histogram.BINS).mapToDouble(Histogram::edge).toArray();
  }

  /** A step at each edge, the last one down to the axis. */
  private static double[] outline(int[] counts) {
    return Arrays.stream(Arrays.copyOf(counts, counts.length + 1)).asDoubleStream().toArray();
  }

  private static byte[] png(BufferedImage image) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ImageOutputStream output = new MemoryCacheImageOutputStream(bytes)) {
      if (!ImageIO.write(image, "png", output)) {
        throw new IllegalStateException("this Java runtime has no PNG writer");
      }
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
    return bytes.toByteArray();
  }
}
