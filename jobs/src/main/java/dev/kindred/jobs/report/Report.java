/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.report;

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
            .withNoiseFloor(data.metrics().get("noise_floor.hellinger.mean"));
    StringOutput output = new StringOutput();
    TEMPLATES.render(
        "report.jte",
        Map.of(
            "data", data,
            "tiles", Tile.of(data.metrics()),
            "histogram", histogram,
            "comparisons", Comparison.of(data.metrics()),
            "slices", SliceRow.of(data.metrics())),
        output);
    return output.toString();
  }

  /** Renders explained prompts as a page of their own, with the same care. */
  public static String html(Explained explained) {
    StringOutput output = new StringOutput();
    TEMPLATES.render("explanations.jte", Map.of("explained", explained), output);
    return output.toString();
  }

  /** Renders tokens' singular values as a page of their own, with the same care. */
  public static String html(TokenSpectra spectra) {
    StringOutput output = new StringOutput();
    TEMPLATES.render("subspaces.jte", Map.of("spectra", spectra), output);
    return output.toString();
  }

  /** Renders prompts through the logit lens as a page of their own. */
  public static String html(Lenses lenses) {
    StringOutput output = new StringOutput();
    TEMPLATES.render("lenses.jte", Map.of("lenses", lenses), output);
    return output.toString();
  }
}
