/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.report;

import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * How close one block alone comes to the model at each threshold, as a small picture.
 *
 * @param chosen the run's threshold
 * @param points by ascending threshold, at least two
 * @param top the distance at the upper edge, the same for all blocks; at least every point's
 */
public record ThresholdCurve(int block, double chosen, List<Point> points, double top) {
  /** The width of the picture, in its own units. */
  public static final int WIDTH = 220;

  public static final int HEIGHT = 120;
  private static final int LEFT = 30;
  private static final int RIGHT = 6;
  private static final int TOP = 6;
  private static final int BOTTOM = 20;

  /**
   * A threshold.
   *
   * @param distance mean leave-one-out distance of the block alone and the model, in [0, 1]
   */
  public record Point(double threshold, double distance) {}

  /** The threshold at which the block alone comes closest. */
  public Point best() {
    return points.stream().min(Comparator.comparingDouble(Point::distance)).orElseThrow();
  }

  /** The line, as an SVG polyline's points. */
  public String line() {
    return points.stream()
        .map(
            point ->
                String.format(Locale.ROOT, "%.1f,%.1f", x(point.threshold()), y(point.distance())))
        .collect(Collectors.joining(" "));
  }

  /**
   * Returns the place of a threshold across the picture, which goes from the lowest threshold to 1.
   */
  public double x(double threshold) {
    double low = points.get(0).threshold();
    return LEFT + (threshold - low) / (1 - low) * (WIDTH - LEFT - RIGHT);
  }

  /** Returns the place of a distance from the upper edge down, where {@code top} is the highest. */
  public double y(double distance) {
    return TOP + (1 - distance / top) * (HEIGHT - TOP - BOTTOM);
  }

  /** Whether the run's threshold is on the picture. */
  public boolean isChosenShown() {
    return chosen >= points.get(0).threshold() && chosen <= 1;
  }

  /** What the picture shows, in words. */
  public String alt() {
    return String.format(
        Locale.ROOT,
        "Block %d alone: closest at the threshold %s, where the mean distance is %.4f; the run's is"
            + " %s.",
        block,
        best().threshold(),
        best().distance(),
        chosen);
  }
}
