/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.report;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.awt.BasicStroke;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.DoubleStream;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.style.markers.SeriesMarkers;

/**
 * How a model's losses fell in training, in nats a token.
 *
 * @param points in the steps' order, at least two
 */
public record LossCurve(List<Point> points) {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** The losses after a step. */
  public record Point(int step, double train, double validation) {}

  /**
   * The curve of a model directory.
   *
   * @param trainingJson content of its {@code training.json}
   * @return null if there are not two steps with losses in it
   */
  public static LossCurve parse(String trainingJson) {
    List<Point> points = new ArrayList<>();
    try {
      for (JsonNode losses : JSON.readTree(trainingJson).path("losses")) {
        double train = losses.path("train_loss").asDouble(Double.NaN);
        double validation = losses.path("validation_loss").asDouble(Double.NaN);
        if (losses.path("step").isInt() && train > 0 && validation > 0) {
          points.add(new Point(losses.path("step").asInt(), train, validation));
        }
      }
    } catch (JsonProcessingException e) {
      return null;
    }

    return points.size() < 2 ? null : new LossCurve(points);
  }

  Point last() {
    return points.get(points.size() - 1);
  }

  Picture picture() {
    return new Picture(
        "step",
        "nats a token",
        String.format(
            Locale.ROOT,
            "Losses over %,d steps of training; at the end %.4f on the training split and %.4f on"
                + " the validation split.",
            last().step(),
            last().train(),
            last().validation()),
        this::draw);
  }

  private void draw(XYChart chart, Picture.Ink ink) {
    double[] steps = points.stream().mapToDouble(Point::step).toArray();
    double[] train = points.stream().mapToDouble(Point::train).toArray();
    double[] validation = points.stream().mapToDouble(Point::validation).toArray();
    DoubleStream all = DoubleStream.concat(Arrays.stream(train), Arrays.stream(validation));
    chart.getStyler().setXAxisDecimalPattern("#,##0");
    chart.getStyler().setYAxisDecimalPattern("0.0");
    // Beyond the last step, or its label would not fit on a narrow page.
    chart.getStyler().setXAxisMax(1.06 * steps[steps.length - 1]);
    chart.getStyler().setYAxisMin(Math.floor(10 * all.min().orElse(0)) / 10);
    XYSeries ofTraining = chart.addSeries("train", steps, train);
    ofTraining.setMarker(SeriesMarkers.NONE);
    ofTraining.setLineColor(ink.second());
    ofTraining.setLineStyle(Picture.dashed());
    XYSeries ofValidation = chart.addSeries("validation", steps, validation);
    ofValidation.setMarker(SeriesMarkers.NONE);
    ofValidation.setLineColor(ink.principal());
    ofValidation.setLineStyle(new BasicStroke(2));
  }
}
