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
import java.util.Base64;
import java.util.Locale;
import java.util.function.BiConsumer;
import javax.imageio.ImageIO;
import javax.imageio.stream.ImageOutputStream;
import javax.imageio.stream.MemoryCacheImageOutputStream;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.style.AxesChartStyler;
import org.knowm.xchart.style.XYStyler;

/**
 * A chart as images with a transparent ground, for wide and narrow pages, light and dark ones.
 *
 * @param alt what it shows, for those who do not see it
 * @param draw puts a chart's series and ranges into an empty one, in an ink
 */
record Picture(String xTitle, String yTitle, String alt, BiConsumer<XYChart, Ink> draw) {

  /** Device pixels in a CSS pixel. */
  static final int DENSITY = 2;

  private static final Color TRANSPARENT = new Color(0, 0, 0, 0);
  private static final Font FONT = new Font(Font.SANS_SERIF, Font.PLAIN, 12);

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
    LIGHT(0x86A3B8, 0x555555, 0xE4E2DA, 0x111111, 0xB5541C),
    DARK(0x5F7F96, 0xA9A69E, 0x303238, 0xF0EEE8, 0xE89A5B);

    private final Color areas;
    private final Color labels;
    private final Color grid;
    private final Color principal;
    private final Color second;

    Ink(int areas, int labels, int grid, int principal, int second) {
      this.areas = new Color(areas);
      this.labels = new Color(labels);
      this.grid = new Color(grid);
      this.principal = new Color(principal);
      this.second = new Color(second);
    }

    Color areas() {
      return areas;
    }

    /** Returns the color of what the picture is about. */
    Color principal() {
      return principal;
    }

    /**
     * Returns the color of what the principal thing is compared with. Its stroke tells it from the
     * principal one, too.
     */
    Color second() {
      return second;
    }
  }

  /** A dashed line's stroke. */
  static BasicStroke dashed() {
    return new BasicStroke(
        2, BasicStroke.CAP_BUTT, BasicStroke.JOIN_ROUND, 1, new float[] {6, 4}, 0);
  }

  /** A PNG image as a data URI. */
  String dataUri(Size size, Ink ink) {
    XYChart chart =
        new XYChartBuilder()
            .width(size.width)
            .height(size.height)
            .xAxisTitle(xTitle)
            .yAxisTitle(yTitle)
            .build();
    style(chart.getStyler(), ink);
    draw.accept(chart, ink);
    BufferedImage image =
        new BufferedImage(size.width * DENSITY, size.height * DENSITY, BufferedImage.TYPE_INT_ARGB);
    Graphics2D graphics = image.createGraphics();
    try {
      graphics.scale(DENSITY, DENSITY);
      chart.paint(graphics, size.width, size.height);
    } finally {
      graphics.dispose();
    }

    return "data:image/png;base64," + Base64.getEncoder().encodeToString(png(image));
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
    styler.setYAxisLabelAlignment(AxesChartStyler.TextAlignment.Right);
    styler.setAxisTickLabelsColor(ink.labels);
    styler.setAxisTickMarksColor(ink.labels);
    styler.setAxisTicksLineVisible(false);
    styler.setAnnotationLineColor(ink.principal);
    styler.setAnnotationLineStroke(new BasicStroke(1.5f));
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
