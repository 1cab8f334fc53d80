/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.report;

import java.util.List;
import java.util.Locale;

/**
 * How the distances that removals in one block cause are distributed over prompts, as a small
 * picture.
 *
 * @param lines one a part that is removed and a context
 * @param top share of prompts at the upper edge, the same for all blocks
 */
public record AblationPlot(int block, List<Line> lines, double top) {
  /** Of the picture, in its own units. */
  public static final int WIDTH = 220;

  public static final int HEIGHT = 120;

  /** Intervals that distances are counted in, of the same width, from 0 to 1. */
  public static final int BINS = 25;

  private static final int LEFT = 30;
  private static final int RIGHT = 6;
  private static final int TOP = 6;
  private static final int BOTTOM = 20;

  /**
   * A distribution.
   *
   * @param removed attention or ffn
   * @param context alone or whole
   * @param shares of prompts, one a bin, summing to 1
   */
  public record Line(String removed, String context, double[] shares) {}

  /** A distribution as steps: an SVG polyline's points. */
  public String steps(Line line) {
    StringBuilder points = new StringBuilder();
    for (int bin = 0; bin < BINS; bin++) {
      double y = y(line.shares()[bin]);
      points.append(point((double) bin / BINS, y)).append(point((bin + 1.0) / BINS, y));
    }

    return points.toString().stripTrailing();
  }

  private static String point(double distance, double y) {
    return String.format(Locale.ROOT, "%.1f,%.1f ", x(distance), y);
  }

  /** Across: from 0 to 1. */
  public static double x(double distance) {
    return LEFT + distance * (WIDTH - LEFT - RIGHT);
  }

  /** Down. */
  public double y(double share) {
    return TOP + (1 - share / top) * (HEIGHT - TOP - BOTTOM);
  }

  /** What the picture shows, in words. */
  public String alt() {
    return String.format(
        Locale.ROOT,
        "Block %d: how the Hellinger distances between the predictions with and without attention,"
            + " and with and without the feed-forward network, are distributed over prompts.",
        block);
  }
}
