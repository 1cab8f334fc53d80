/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.report;

import dev.kindred.evaluation.Summaries;
import dev.kindred.table.Figures.Measure;
import gg.jte.ContentType;
import gg.jte.TemplateEngine;
import gg.jte.output.StringOutput;
import java.util.Map;

/** A run as one page of HTML that needs nothing beside itself. */
public final class Report {

  private static final TemplateEngine TEMPLATES =
      TemplateEngine.createPrecompiled(
          null, ContentType.Html, Report.class.getClassLoader(), Report.class.getPackageName());

  private Report() {}

  /**
   * Renders a run.
   *
   * @param data texts are taken as they are: markup in them shows as text
   * @return a whole document, to be stored as UTF-8
   * @throws IllegalArgumentException if a distance is outside [0, 1]
   */
  public static String html(ReportData data) {
    Histogram histogram =
        Histogram.of(data.distances())
            .withNoiseFloor(
                data.figures()
                    .get(
                        Measure.of(Summaries.NOISE_FLOOR, Summaries.HELLINGER),
                        "mean",
                        Double.NaN));
    StringOutput output = new StringOutput();
    TEMPLATES.render(
        "report.jte",
        Map.of(
            "data", data,
            "tiles", Tile.of(data.figures()),
            "histogram", histogram,
            "comparisons", Comparison.of(data.figures()),
            "slices", SliceRow.of(data.figures())),
        output);
    return output.toString();
  }

  /** Renders explained prompts as a page of their own, with the same care. */
  public static String html(Explained explained) {
    StringOutput output = new StringOutput();
    TEMPLATES.render("explanations.jte", Map.of("explained", explained), output);
    return output.toString();
  }

  /** Renders findings as a page of their own. */
  public static String html(FindingsPage page) {
    StringOutput output = new StringOutput();
    TEMPLATES.render("page.jte", Map.of("page", page), output);
    return output.toString();
  }
}
