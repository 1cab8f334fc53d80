/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.report;

import dev.kindred.table.Figures;
import dev.kindred.table.Figures.Measure;
import java.util.Locale;

/** Mean and sample standard deviation over all prompts. */
public record Figure(double mean, double std) {
  public static Figure of(Figures figures, Measure measure) {
    return new Figure(figures.get(measure, "mean"), figures.get(measure, "std"));
  }

  /** Returns the mean and the standard deviation, each with a number of decimal places. */
  public String text(int places) {
    return String.format(Locale.ROOT, "%." + places + "f ± %." + places + "f", mean, std);
  }
}
