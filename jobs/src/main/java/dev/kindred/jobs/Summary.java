/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs;

import dev.kindred.jobs.report.ReportData;
import java.util.Locale;
import java.util.Map;

/** A run's figures as a table for the terminal. */
final class Summary {
  private Summary() {}

  static String text(ReportData data) {
    Map<String, Double> metrics = data.metrics();
    StringBuilder text = new StringBuilder("\n");
    line(text, "%-28s %9s %9s %9s %9s", "Hellinger distance", "mean", "std", "min", "max");
    distance(text, metrics, "compatible");
    distance(text, metrics, "leave_one_out");
    text.append('\n');
    line(
        text,
        "%,.0f prompts, %,.0f without evidence; top token agrees for %.1f %%",
        metrics.get("compatible.prompts"),
        metrics.get("compatible.prompts_without_evidence"),
        100 * metrics.get("compatible.top1"));
    text.append('\n');
    line(
        text,
        "%-6s %9s %9s %12s %12s %9s %12s",
        "block",
        "threshold",
        "weight",
        "similar mean",
        "std",
        "min",
        "max");
    for (ReportData.Block block : data.blocks()) {
      line(
          text,
          "%-6d %9s %9s %,12.1f %,12.1f %,9.0f %,12.0f",
          block.block(),
          block.threshold(),
          block.weight(),
          block.similarMean(),
          block.similarStd(),
          block.similarMin(),
          block.similarMax());
    }

    return text.append('\n').toString();
  }

  private static void distance(StringBuilder text, Map<String, Double> metrics, String protocol) {
    String name = protocol + ".hellinger.";
    line(
        text,
        "  %-26s %9.4f %9.4f %9.4f %9.4f",
        protocol.replace('_', '-'),
        metrics.get(name + "mean"),
        metrics.get(name + "std"),
        metrics.get(name + "min"),
        metrics.get(name + "max"));
  }

  private static void line(StringBuilder text, String format, Object... values) {
    text.append(String.format(Locale.ROOT, format, values)).append('\n');
  }
}
