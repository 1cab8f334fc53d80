/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.report;

import java.util.Locale;
import java.util.Map;

/** Mean and sample standard deviation over all prompts. */
public record Figure(double mean, double std) {
  static Figure of(Map<String, Double> metrics, String name) {
    return new Figure(metrics.get(name + ".mean"), metrics.get(name + ".std"));
  }

  /** Both, with a number of decimal places. */
  public String text(int places) {
    return String.format(Locale.ROOT, "%." + places + "f ± %." + places + "f", mean, std);
  }
}
