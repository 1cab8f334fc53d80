/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.report;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;

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
        boolean areLosses = train > 0 && validation > 0 && Double.isFinite(train + validation);
        if (losses.path("step").isInt() && areLosses) {
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

  /** Draws both losses over the steps. */
  Chart chart() {
    return Chart.of(
        String.format(
            Locale.ROOT,
            "Losses over %,d steps of training; at the end %.4f on the training split and %.4f on"
                + " the validation split.",
            last().step(),
            last().train(),
            last().validation()),
        Chart.Axis.upTo(last().step(), "step", Numbers::count),
        Chart.Axis.between(
            points.stream()
                .mapToDouble(point -> Math.min(point.train(), point.validation()))
                .min()
                .orElse(0),
            points.stream()
                .mapToDouble(point -> Math.max(point.train(), point.validation()))
                .max()
                .orElse(1),
            "nats a token",
            Numbers::mean),
        List.of(
            line("training split", "second", Point::train),
            line("validation split", "first", Point::validation)));
  }

  private Chart.Series line(String name, String style, ToDoubleFunction<Point> losses) {
    return new Chart.Series(
        name,
        style,
        Chart.Shape.LINE,
        points.stream().mapToDouble(Point::step).toArray(),
        points.stream().mapToDouble(losses).toArray());
  }
}
