/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.analysis;

import dev.kindred.attribution.Attribution.Agreement;
import dev.kindred.attribution.Attribution.Scores;
import dev.kindred.attribution.Attributions;
import dev.kindred.attribution.Score;
import dev.kindred.attribution.Score.Method;
import dev.kindred.jobs.analysis.ShownAttribution.Attributed;
import dev.kindred.jobs.report.Figure;
import dev.kindred.jobs.report.Findings;
import dev.kindred.jobs.report.Findings.Cell;
import dev.kindred.jobs.report.Findings.Column;
import dev.kindred.jobs.report.Findings.Element;
import dev.kindred.jobs.report.Findings.Grid;
import dev.kindred.jobs.report.Findings.Note;
import dev.kindred.jobs.report.Findings.Row;
import dev.kindred.jobs.report.VisibleText;
import dev.kindred.table.Figures;
import dev.kindred.table.Figures.Measure;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.IntStream;

/** What a prediction is attributed to, as tables. */
final class AttributionGrids {
  private static final String NONE = "–";

  private AttributionGrids() {}

  /**
   * Returns what is shown of all prompts of a question together.
   *
   * @param figures of {@link Attributions#summarize}
   */
  static Findings ofAll(Figures figures, int prompts, String question) {
    List<Measure> measures = List.copyOf(figures.measures());
    List<Element> elements = new ArrayList<>();
    elements.add(
        Note.everywhere(
            String.format(
                Locale.ROOT,
                "%,d prompts, mean ± standard deviation; in SQL: question = '%s'",
                prompts,
                question)));
    List<Row> correlations =
        measures.stream()
            .filter(measure -> measure.quantity().startsWith(Attributions.CORRELATION))
            .map(measure -> correlation(figures, measure))
            .flatMap(Optional::stream)
            .toList();
    if (!correlations.isEmpty()) {
      elements.add(
          new Grid(
              "Rank correlations of methods over all prompts",
              "rank correlation",
              List.of(Column.of("all tokens"), Column.of("without the last")),
              correlations));
    }

    elements.add(removals(figures, measures));
    return new Findings("", elements, List.of());
  }

  /** A pair of scores, once. */
  private static Optional<Row> correlation(Figures figures, Measure measure) {
    String other = measure.quantity().substring(Attributions.CORRELATION.length());
    if (Score.of(measure.series()).compareTo(Score.of(other)) > 0) {
      return Optional.empty();
    }

    Measure withoutLast =
        Measure.of(measure.series(), Attributions.CORRELATION_WITHOUT_LAST + other);
    return Optional.of(
        Row.of(
            measure.series() + ", " + other,
            Figure.of(figures, measure).text(2),
            figures.has(withoutLast, "mean") ? Figure.of(figures, withoutLast).text(2) : NONE));
  }

  private static Grid removals(Figures figures, List<Measure> measures) {
    Map<String, TreeMap<Integer, String>> curves = new TreeMap<>();
    for (Measure measure : measures) {
      if (measure.quantity().startsWith(Attributions.OBJECTIVE_WITHOUT)) {
        int taken =
            Integer.parseInt(measure.quantity().substring(Attributions.OBJECTIVE_WITHOUT.length()));
        curves
            .computeIfAbsent(measure.series(), order -> new TreeMap<>())
            .put(taken, number(figures.get(measure, "mean")));
      }
    }

    int columns = curves.values().stream().mapToInt(Map::size).max().orElse(0);
    return new Grid(
        "Mean objective as tokens are taken away",
        "without the first",
        IntStream.range(0, columns).mapToObj(k -> Column.of(String.valueOf(k))).toList(),
        curves.entrySet().stream()
            .sorted(Comparator.comparing(curve -> curve.getKey().equals(Attributions.RANDOM)))
            .map(curve -> Row.of(curve.getKey(), curve.getValue().values().toArray(String[]::new)))
            .toList());
  }

  /**
   * Returns all that is shown of a prompt.
   *
   * @param name of the prompt, for captions
   * @param weights of the tokens that are tried in turn; null if none are
   */
  static List<Element> of(ShownAttribution found, String name, String weights) {
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
    addWeights(elements, found, weights);
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

  private static void addWeights(List<Element> elements, ShownAttribution found, String weights) {
    if (weights != null && isOccluded(found)) {
      elements.add(
          Note.everywhere(
              weights.equals("uniform")
                  ? "taken away: each token of the vocabulary in turn, all alike"
                  : "taken away: each token in turn, as frequent as in the corpus " + weights));
    }
  }

  private static boolean isOccluded(ShownAttribution found) {
    return found.scores().stream()
        .map(scores -> scores.score().method())
        .anyMatch(method -> method == Method.OCCLUSION || method == Method.COMBINED);
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

  private static Grid scores(ShownAttribution found, String name) {
    return new Grid(
        "Attribution of " + name,
        "method",
        columns(found),
        found.scores().stream()
            .map(scores -> new Row(Cell.of(scores.score().text()), shaded(scores.values())))
            .toList());
  }

  private static List<Column> columns(ShownAttribution found) {
    return found.tokens().stream().map(token -> new Column("", Cell.token(token))).toList();
  }

  /** Values, each shaded by its share of the greatest. */
  private static List<Cell> shaded(double[] values) {
    double greatest = Arrays.stream(values).map(Math::abs).max().orElseThrow();
    return Arrays.stream(values)
        .mapToObj(
            value ->
                new Cell(number(value), false, "", greatest == 0 ? 0 : Math.abs(value) / greatest))
        .toList();
  }

  /**
   * Returns a triangle for each score of a text that is compared with others, or for each if none
   * is: a row a position, of what its prediction owes to the tokens up to there.
   *
   * @param positions one a token, in order
   * @param name of the text, for captions
   * @param weights of the tokens that are tried in turn; null if none are
   */
  static List<Element> triangles(List<ShownAttribution> positions, String name, String weights) {
    ShownAttribution whole = positions.get(positions.size() - 1);
    List<Score> scores = whole.scores().stream().map(Scores::score).toList();
    boolean areCompared = scores.stream().anyMatch(Score::isCompared);
    List<Element> elements = new ArrayList<>();
    elements.add(
        Note.everywhere(
            "each row: the prediction after its position, and what it owes to the tokens before"));
    for (int i = 0; i < scores.size(); i++) {
      if (scores.get(i).isCompared() || !areCompared) {
        elements.add(triangle(positions, i, name));
      }
    }

    addWeights(elements, whole, weights);
    return elements;
  }

  private static Grid triangle(List<ShownAttribution> positions, int score, String name) {
    ShownAttribution whole = positions.get(positions.size() - 1);
    String method = whole.scores().get(score).score().text();
    List<Row> rows = new ArrayList<>();
    for (ShownAttribution position : positions) {
      List<Cell> cells = new ArrayList<>(shaded(position.scores().get(score).values()));
      while (cells.size() < positions.size()) {
        cells.add(Cell.of(""));
      }

      rows.add(new Row(Cell.token(position.predicted()), cells));
    }

    return new Grid(method + " of each position of " + name, method + " of", columns(whole), rows);
  }

  private static Grid agreements(ShownAttribution found, String name) {
    return new Grid(
        "Rank correlations of methods for " + name,
        "rank correlation",
        List.of(Column.of("all tokens"), Column.of("without the last")),
        found.agreements().stream()
            .map(
                (Agreement pair) ->
                    Row.of(
                        pair.first().text() + ", " + pair.second().text(),
                        correlation(pair.all()),
                        correlation(pair.withoutLast())))
            .toList());
  }

  private static Grid removals(ShownAttribution found, String name) {
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
    return value == null ? NONE : String.format(Locale.ROOT, "%.2f", value);
  }
}
