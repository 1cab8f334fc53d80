/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.report;

import java.util.List;
import java.util.Map;

/** Small reports, each with one part of interest. */
final class ReportSamples {

  static final Map<String, Double> METRICS =
      Map.of(
          "compatible.hellinger.mean", 0.1711,
          "compatible.hellinger.std", 0.0722,
          "compatible.hellinger.min", 0.0033,
          "compatible.hellinger.max", 0.9944,
          "compatible.top1", 0.815,
          "compatible.prompts", 20_000.0,
          "compatible.prompts_without_evidence", 1_234.0,
          "honest.hellinger.mean", 0.2566,
          "honest.top1", 0.677);

  private ReportSamples() {}

  static ReportData withMetrics(Map<String, Double> metrics) {
    return report(metrics, List.of(), List.of(), null, List.of());
  }

  static ReportData withJoins(ReportData.Join... joins) {
    return report(METRICS, List.of(), List.of(joins), null, List.of());
  }

  static ReportData withFact(String name, String value) {
    return report(METRICS, List.of(new ReportData.Fact(name, value)), List.of(), null, List.of());
  }

  static ReportData withLosses(LossCurve losses) {
    return report(METRICS, List.of(), List.of(), losses, List.of());
  }

  static ReportData withPrompts(ReportData.Prompt... prompts) {
    return report(METRICS, List.of(), List.of(), null, List.of(prompts));
  }

  static ReportData.Prompt prompt(int promptId, String text) {
    return prompt(promptId, text, "the", "similar");
  }

  static ReportData.Prompt prompt(int promptId, String text, String token, String similar) {
    return new ReportData.Prompt(
        promptId,
        text,
        0.1234,
        0.2345,
        12.34,
        List.of(new ReportData.Token(token, 0.5, 0.25)),
        List.of(
            new ReportData.Evidence(
                3,
                4_321,
                List.of(
                    new ReportData.SimilarString(
                        similar, 0.98765, List.of(Map.entry(token, 1_111L)))))));
  }

  static ReportData.Prompt promptWithoutEvidence(int promptId) {
    return new ReportData.Prompt(
        promptId,
        "alone",
        1,
        Double.NaN,
        100,
        List.of(new ReportData.Token("the", 1, 0)),
        List.of());
  }

  private static ReportData report(
      Map<String, Double> metrics,
      List<ReportData.Fact> facts,
      List<ReportData.Join> joins,
      LossCurve losses,
      List<ReportData.Prompt> prompts) {
    return new ReportData(
        "run-7",
        "2026-11-22 05:01:12 UTC",
        facts,
        metrics,
        List.of(new ReportData.Block(3, 0.9123, 0.1667, 1_234.56, 78.91, 2, 98_765)),
        joins,
        losses,
        new double[] {0.1, 0.2},
        prompts);
  }
}
