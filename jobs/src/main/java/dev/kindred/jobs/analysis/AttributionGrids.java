/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.analysis;

import dev.kindred.attribution.Attribution;
import dev.kindred.attribution.Attribution.Agreement;
import dev.kindred.attribution.Attribution.Attributed;
import dev.kindred.jobs.report.Findings.Cell;
import dev.kindred.jobs.report.Findings.Column;
import dev.kindred.jobs.report.Findings.Element;
import dev.kindred.jobs.report.Findings.Grid;
import dev.kindred.jobs.report.Findings.Note;
import dev.kindred.jobs.report.Findings.Row;
import dev.kindred.jobs.report.VisibleText;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/** What a prediction is attributed to, as tables. */
final class AttributionGrids {
  private AttributionGrids() {}

  /**
   * Returns all that is shown of a prompt.
   *
   * @param name of the prompt, for captions
   */
  static List<Element> of(Attribution found, String name) {
    List<Element> elements = new ArrayList<>();
    elements.add(
        Note.everywhere(
            String.format(
                Locale.ROOT,
                "predicts %s with %.1f%%; attributed: %s, %.4g",
                VisibleText.shown(found.predicted()),
                100 * found.probability(),
                objective(found.objective()),
                found.value())));
    elements.add(scores(found, name));
    if (found.integrated() != null) {
      elements.add(
          Note.everywhere(
              String.format(
                  Locale.ROOT,
                  "integrated gradients add up to %.4g of %.4g (%d points)",
                  found.integrated().sum(),
                  found.integrated().difference(),
                  found.integrated().steps())));
    }

    if (!found.agreements().isEmpty()) {
      elements.add(agreements(found, name));
    }

    elements.add(removals(found, name));
    return elements;
  }

  private static String objective(Attributed objective) {
    return switch (objective.kind()) {
      case LOG_PROBABILITY -> "log-probability of " + VisibleText.shown(objective.token());
      case LOGIT_DIFFERENCE ->
          "logit of "
              + VisibleText.shown(objective.token())
              + " less that of "
              + VisibleText.shown(objective.other());
      case LOGIT_SUM -> "sum of all logits";
    };
  }

  private static Grid scores(Attribution found, String name) {
    return new Grid(
        "Attribution of " + name,
        "method",
        found.tokens().stream().map(token -> new Column("", Cell.token(token))).toList(),
        found.scores().stream()
            .map(
                scores -> {
                  double greatest =
                      Arrays.stream(scores.values()).map(Math::abs).max().orElseThrow();
                  return new Row(
                      Cell.of(scores.method()),
                      Arrays.stream(scores.values())
                          .mapToObj(
                              value ->
                                  new Cell(
                                      number(value),
                                      false,
                                      "",
                                      greatest == 0 ? 0 : Math.abs(value) / greatest))
                          .toList());
                })
            .toList());
  }

  private static Grid agreements(Attribution found, String name) {
    return new Grid(
        "Rank correlations of methods for " + name,
        "rank correlation",
        List.of(Column.of("all tokens"), Column.of("without the last")),
        found.agreements().stream()
            .map(
                (Agreement pair) ->
                    Row.of(
                        pair.first() + ", " + pair.second(),
                        correlation(pair.all()),
                        correlation(pair.withoutLast())))
            .toList());
  }

  private static Grid removals(Attribution found, String name) {
    int columns = found.removals().get(0).values().length;
    return new Grid(
        "Objective of " + name + " as tokens are taken away",
        "without the first",
        IntStream.range(0, columns).mapToObj(k -> Column.of(String.valueOf(k))).toList(),
        found.removals().stream()
            .map(
                removals ->
                    Row.of(
                        removals.order(),
                        Arrays.stream(removals.values())
                            .mapToObj(AttributionGrids::number)
                            .toArray(String[]::new)))
            .toList());
  }

  /** Three digits, or so. */
  private static String number(double value) {
    double size = Math.abs(value);
    return String.format(
        Locale.ROOT,
        size >= 100 ? "%.0f" : size >= 10 ? "%.1f" : size >= 1e-2 || size == 0 ? "%.2f" : "%.0e",
        value);
  }

  private static String correlation(Double value) {
    return value == null ? "–" : String.format(Locale.ROOT, "%.2f", value);
  }
}
