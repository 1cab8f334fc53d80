/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.serve;

import dev.kindred.Location;
import dev.kindred.explanation.Place;
import dev.kindred.explanation.TokenCount;
import dev.kindred.jobs.report.Findings;
import dev.kindred.jobs.report.Findings.Cell;
import dev.kindred.jobs.report.Findings.Column;
import dev.kindred.jobs.report.Findings.Grid;
import dev.kindred.jobs.report.Findings.Note;
import dev.kindred.jobs.report.Findings.Row;
import dev.kindred.jobs.report.Numbers;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** What the explorer's pages show, for a terminal. */
public final class ExplorerFindings {
  /** Places that a terminal shows. */
  private static final int PLACES = 10;

  /** Characters of a place on each side. */
  private static final int AROUND = 24;

  /** Prompts of a comparison. */
  private static final int PROMPTS = 20;

  private ExplorerFindings() {}

  /** Returns the list of runs. */
  public static Findings runs(List<RunLine> runs) {
    if (runs.isEmpty()) {
      return findings(
          Note.everywhere("No run has been published in this warehouse; kindred run makes one."));
    }

    boolean isAnyNamed = runs.stream().anyMatch(run -> run.name() != null);
    List<Column> columns = new ArrayList<>();
    if (isAnyNamed) {
      columns.add(Column.of("name"));
    }

    columns.addAll(
        List.of(
            Column.of("prompts"),
            Column.of("honest"),
            Column.of("floor"),
            Column.of("model"),
            Column.of("corpus")));
    return findings(
        new Grid(
            "published runs, the newest first",
            "run",
            columns,
            runs.stream().map(run -> row(run, isAnyNamed)).toList()),
        Note.everywhere(
            "honest: mean Hellinger distance of similar strings from the model, without a prompt"
                + " itself as evidence; floor: that of the same model trained again."));
  }

  private static Row row(RunLine run, boolean isAnyNamed) {
    List<String> values = new ArrayList<>();
    if (isAnyNamed) {
      values.add(run.name() == null ? "" : run.name());
    }

    values.add(Numbers.count(run.prompts()));
    values.add(distance(run.honest()));
    values.add(distance(run.noiseFloor()));
    values.add(Location.lastName(run.model()));
    values.add(run.corpus().isEmpty() ? run.corpusId() : Location.lastName(run.corpus()));
    return Row.of(run.runId(), values.toArray(String[]::new));
  }

  /** Returns two runs side by side. */
  public static Findings comparison(RunComparison found) {
    List<Findings.Element> elements = new ArrayList<>();
    elements.add(
        Note.everywhere(
            String.format(
                Locale.ROOT,
                "Mean honest distance: A %.4f, B %.4f. Of %,d prompts B is nearer for %,d and farther"
                    + " for %,d.",
                found.meanA(),
                found.meanB(),
                found.count(),
                found.nearer(),
                found.farther())));
    if (!found.settings().isEmpty()) {
      elements.add(
          new Grid(
              "settings that differ",
              "setting",
              List.of(Column.of("A"), Column.of("B")),
              found.settings().stream()
                  .map(
                      setting ->
                          Row.of(
                              setting.name(),
                              setting.a() == null ? "-" : setting.a(),
                              setting.b() == null ? "-" : setting.b()))
                  .toList()));
    }

    elements.add(
        new Grid(
            "prompts that moved most",
            "prompt",
            List.of(Column.of("text"), Column.of("A"), Column.of("B"), Column.of("B less A")),
            found.prompts().stream()
                .limit(PROMPTS)
                .map(
                    change ->
                        new Row(
                            Cell.of(Integer.toString(change.promptId())),
                            List.of(
                                Cell.token(change.text()),
                                Cell.of(distance(change.a())),
                                Cell.of(distance(change.b())),
                                Cell.of(distance(change.change())))))
                .toList()));
    return new Findings("", elements, List.of());
  }

  /** Returns how often a text stands in the corpus. */
  public static Findings count(CorpusText.Counted found) {
    List<Findings.Element> elements = new ArrayList<>();
    elements.add(
        Note.everywhere(
            String.format(
                Locale.ROOT,
                "%,d %s in %,d tokens of the corpus.",
                found.count(),
                found.count() == 1 ? "time" : "times",
                found.ofTokens())));
    if (!found.following().isEmpty()) {
      elements.add(
          new Grid(
              "what follows",
              "followed by",
              List.of(Column.of("times"), Column.of("share")),
              found.following().stream().map(ExplorerFindings::following).toList()));
    }

    if (!found.places().isEmpty()) {
      elements.add(
          new Grid(
              "where it stands, the first places",
              "where",
              List.of(Column.of("before"), Column.of("after")),
              found.places().stream().limit(PLACES).map(ExplorerFindings::place).toList()));
    }

    return new Findings("", elements, List.of());
  }

  private static Row following(TokenCount token) {
    return new Row(
        Cell.token(token.text()),
        List.of(Cell.of(Numbers.count(token.count())), Cell.of(Numbers.percent(token.share()))));
  }

  private static Row place(Place place) {
    return new Row(
        Cell.of(place.document() + ":" + place.position()),
        List.of(Cell.token(end(place.before())), Cell.token(start(place.after()))));
  }

  /** Returns the longest parts of a text that stand in the corpus. */
  public static Findings trace(CorpusText.Trace found) {
    if (found.spans().isEmpty()) {
      return findings(Note.everywhere("None of its tokens stands in the corpus."));
    }

    return findings(
        new Grid(
            "the longest parts of the text that stand in the corpus",
            "tokens",
            List.of(Column.of("part"), Column.of("times"), Column.of("first")),
            found.spans().stream()
                .map(
                    span ->
                        new Row(
                            Cell.of(Numbers.count(span.tokens())),
                            List.of(
                                Cell.token(span.text()),
                                Cell.of(Numbers.count(span.count())),
                                Cell.of(span.first().document() + ":" + span.first().position()))))
                .toList()));
  }

  private static Findings findings(Findings.Element... elements) {
    return new Findings("", List.of(elements), List.of());
  }

  private static String distance(Double value) {
    return value == null ? "-" : String.format(Locale.ROOT, "%.4f", value);
  }

  private static String end(String text) {
    int from = Math.max(0, text.length() - AROUND);
    return text.substring(
        from > 0 && Character.isLowSurrogate(text.charAt(from)) ? from + 1 : from);
  }

  private static String start(String text) {
    int to = Math.min(text.length(), AROUND);
    return text.substring(
        0, to < text.length() && Character.isLowSurrogate(text.charAt(to)) ? to - 1 : to);
  }
}
