/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.report;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.knowm.xchart.AnnotationLine;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** Draws a histogram with its mean and, where it is known, the noise floor. */
final class HistogramPicture {
  private HistogramPicture() {}

  static Picture of(Histogram histogram) {
    StringBuilder alt = new StringBuilder();
    alt.append("Histogram of the Hellinger distances of ")
        .append(Numbers.count(histogram.total()))
        .append(" prompts, in bins of 0.02; their mean, ")
        .append(Numbers.precise(histogram.mean()))
        .append(", is marked");
    if (histogram.hasNoiseFloor()) {
      alt.append(", and so is the noise floor, ").append(Numbers.precise(histogram.noiseFloor()));
    }

    return new Picture(
        "Hellinger distance",
        "prompts",
        alt.append('.').toString(),
        (chart, ink) -> draw(histogram, chart, ink));
  }

  private static void draw(Histogram histogram, XYChart chart, Picture.Ink ink) {
    chart.getStyler().setXAxisMin(0.0);
    chart.getStyler().setXAxisMax(1.0);
    chart.getStyler().setXAxisDecimalPattern("0.0");
    chart.getStyler().setYAxisMin(0.0);
    chart.getStyler().setYAxisDecimalPattern("#,##0");
    XYSeries series = chart.addSeries("prompts", edges(), outline(histogram.counts()));
    series.setXYSeriesRenderStyle(XYSeries.XYSeriesRenderStyle.StepArea);
    series.setMarker(SeriesMarkers.NONE);
    series.setLineColor(ink.areas());
    series.setFillColor(ink.areas());
    series.setLineWidth(0.5f);
    if (Double.isFinite(histogram.mean())) {
      chart.addAnnotation(new AnnotationLine(histogram.mean(), true, false));
    }

    if (histogram.hasNoiseFloor()) {
      noiseFloor(histogram, chart, ink);
    }
  }

  /** A dashed line, from the axis to the highest bar. */
  private static void noiseFloor(Histogram histogram, XYChart chart, Picture.Ink ink) {
    double top = Arrays.stream(histogram.counts()).max().orElse(0);
    XYSeries line =
        chart.addSeries(
            "noise floor",
            new double[] {histogram.noiseFloor(), histogram.noiseFloor()},
            new double[] {0, top});
    line.setXYSeriesRenderStyle(XYSeries.XYSeriesRenderStyle.Line);
    line.setMarker(SeriesMarkers.NONE);
    line.setLineColor(ink.second());
    line.setLineStyle(Picture.dashed());
  }

  private static double[] edges() {
    return IntStream.rangeClosed(0, Histogram.BINS).mapToDouble(Histogram::edge).toArray();
  }

  /** A step at each edge, the last one down to the axis. */
  private static double[] outline(int[] counts) {
    return Arrays.stream(Arrays.copyOf(counts, counts.length + 1)).asDoubleStream().toArray();
  }
}
