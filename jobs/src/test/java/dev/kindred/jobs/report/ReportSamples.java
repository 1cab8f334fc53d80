/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.report;

import dev.kindred.explanation.BlockExplanation;
import dev.kindred.explanation.Distance;
import dev.kindred.explanation.Explanation;
import dev.kindred.explanation.Following;
import dev.kindred.explanation.NextToken;
import dev.kindred.explanation.Place;
import dev.kindred.explanation.SimilarString;
import dev.kindred.explanation.TokenCount;
import dev.kindred.jobs.report.Findings.OfPrompt;
import dev.kindred.model.BlockVector;
import dev.kindred.table.FormerNames;
import java.util.List;
import java.util.Map;

/** Small reports, each with one part of interest. */
final class ReportSamples {

  static final Map<String, Double> METRICS =
      Map.of(
          "compatible.hellinger.mean", 0.1711,
          "honest.hellinger.std", 0.0722,
          "honest.hellinger.min", 0.0033,
          "honest.hellinger.max", 0.9944,
          "compatible.top1", 0.815,
          "compatible.prompts", 20_000.0,
          "compatible.prompts_without_evidence", 1_234.0,
          "honest.hellinger.mean", 0.2566,
          "honest.top1", 0.677);

  private ReportSamples() {}

  static ReportData withMetrics(Map<String, Double> metrics) {
    return report(metrics, List.of(), List.of(), List.of(), null, List.of());
  }

  static ReportData withJoins(ReportData.Join... joins) {
    return report(METRICS, List.of(), List.of(joins), List.of(), null, List.of());
  }

  static ReportData withFact(String name, String value) {
    return withFacts(new ReportData.Fact(name, value));
  }

  static ReportData withFacts(ReportData.Fact... facts) {
    return report(METRICS, List.of(facts), List.of(), List.of(), null, List.of());
  }

  static ReportData withCurves(ThresholdCurve... curves) {
    return report(METRICS, List.of(), List.of(), List.of(curves), null, List.of());
  }

  static ReportData withLosses(LossCurve losses) {
    return report(METRICS, List.of(), List.of(), List.of(), losses, List.of());
  }

  static ReportData withPrompts(Explanation... prompts) {
    return report(METRICS, List.of(), List.of(), List.of(), null, List.of(prompts));
  }

  static ReportData withFound(Explanation prompt, OfPrompt found) {
    return report(
        METRICS,
        List.of(),
        List.of(),
        List.of(),
        null,
        List.of(prompt),
        List.of(Map.of(prompt.promptId(), found)),
        null);
  }

  static ReportData withExplorer(PromptExplorer explorer, List<Explanation> prompts) {
    return report(METRICS, List.of(), List.of(), List.of(), null, prompts, List.of(), explorer);
  }

  static Explanation prompt(int promptId, String text) {
    return prompt(promptId, text, "the", "similar");
  }

  static Explanation prompt(int promptId, String text, String token, String similar) {
    return new Explanation(
        promptId,
        text,
        new int[] {1, 2},
        1,
        List.of(new NextToken(token, 0.5, 0.25, 0.125)),
        new Following(List.of(new TokenCount(token, 1, 1)), true, false),
        new Distance(0.1234, 0.1234),
        new Distance(0.2345, 0.2),
        List.of(
            new BlockExplanation(
                0,
                0.76,
                1.5,
                4_321,
                0.625,
                0.3456,
                List.of(0.75),
                List.of(new TokenCount(token, 5_432, 0.75)),
                List.of(
                    new SimilarString(
                        7,
                        similar,
                        SimilarString.sharedSuffix(similar, text),
                        0.9877f,
                        0.0125,
                        1,
                        List.of(new TokenCount(token, 1_111, 1)),
                        List.of(new Place("plays/" + token, 12, "before ", " " + token)))))));
  }

  static Explanation promptWithoutEvidence(int promptId) {
    return new Explanation(
        promptId,
        "alone",
        new int[] {3},
        0,
        List.of(new NextToken("the", 1, 0, null)),
        null,
        new Distance(1, 1.),
        null,
        List.of(new BlockExplanation(0, 0.76, 1.5, 0, 0, 1, List.of(0.), List.of(), List.of())));
  }

  private static ReportData report(
      Map<String, Double> metrics,
      List<ReportData.Fact> facts,
      List<ReportData.Join> joins,
      List<ThresholdCurve> curves,
      LossCurve losses,
      List<Explanation> prompts) {
    return report(metrics, facts, joins, curves, losses, prompts, List.of(), null);
  }

  private static ReportData report(
      Map<String, Double> metrics,
      List<ReportData.Fact> facts,
      List<ReportData.Join> joins,
      List<ThresholdCurve> curves,
      LossCurve losses,
      List<Explanation> prompts,
      List<Map<Integer, OfPrompt>> ofPrompts,
      PromptExplorer explorer) {
    return new ReportData(
        "run-7",
        "a model on a corpus",
        "2026-11-22 05:01:12 UTC",
        BlockVector.FFN_OUT,
        facts,
        FormerNames.figures(metrics),
        List.of(
            new ReportData.Block(
                3, 0.9123, 0.1667, List.of(), 1_234.56, 78.91, 2, 98_765, 0.31, 0.97)),
        joins,
        curves,
        List.of(),
        losses,
        new PromptDistances(new double[] {0.1, 0.2}, new double[0], new double[0]),
        List.of(new ReportData.Group("Some", prompts)),
        ofPrompts,
        explorer,
        "submit-scripts/kindred.sh run \\\n  --corpus 'my texts'");
  }
}
