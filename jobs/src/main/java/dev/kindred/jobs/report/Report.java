/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.report;

import java.util.Map;

/** A run as one page of HTML that needs nothing beside itself. */
public final class Report {

  private Report() {}

  /**
   * Renders a run.
   *
   * @param data texts are taken as they are: markup in them shows as text
   * @return a whole document, to be stored as UTF-8
   * @throws IllegalArgumentException if a distance is outside [0, 1]
   */
  public static String html(ReportData data) {
    return Templates.render(
        "report.jte",
        Map.of(
            "data", data,
            "tiles", Tile.of(data.figures()),
            "distributions", DistributionChart.of(data.distances()),
            "comparisons", Comparison.of(data.figures()),
            "slices", SliceRow.of(data.figures())));
  }

  /** Renders explained prompts as a page of their own, with the same care. */
  public static String html(Explained explained) {
    return Templates.render("explanations.jte", Map.of("explained", explained));
  }

  /** Renders findings as a page of their own. */
  public static String html(FindingsPage page) {
    return Templates.render("page.jte", Map.of("page", page));
  }
}
