/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.option;

import dev.kindred.jobs.option.Values.Positive;
import dev.kindred.jobs.option.Values.Uri;
import picocli.CommandLine.Option;

/** A run's report. */
public final class ReportOptions {
  @Option(
      names = "--report",
      paramLabel = "FILE",
      converter = Uri.class,
      description = "the HTML report; default: <warehouse>/reports/<run_id>.html")
  private String report;

  @Option(
      names = "--report-prompts",
      paramLabel = "N",
      converter = Positive.class,
      description = "prompts shown in the report (${DEFAULT-VALUE})")
  private int prompts;

  /** Returns the report's file, or an empty text for the one beside the tables. */
  public String file() {
    return report;
  }

  public int prompts() {
    return prompts;
  }

  /** Whether the user asked for another report than a run has by itself. */
  public boolean isGiven(Defaults settings) {
    return settings.isGiven("report") || settings.isGiven("report-prompts");
  }
}
