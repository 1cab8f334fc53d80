/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.causal;

import dev.kindred.causal.Retraining;
import dev.kindred.jobs.report.Findings;
import dev.kindred.jobs.report.Findings.Column;
import dev.kindred.jobs.report.Findings.Grid;
import dev.kindred.jobs.report.Findings.Note;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import org.apache.spark.sql.Row;

/** What a study says on the terminal. */
final class CausalFindings {
  private CausalFindings() {}

  /**
   * Shows what moved without what was taken away.
   *
   * @param rows of removal_effects
   */
  static Findings takenAway(List<Row> rows) {
    List<Findings.Row> shown = new ArrayList<>();
    rows.stream()
        .sorted(
            Comparator.comparing((Row row) -> row.<Integer>getAs("occurrences"))
                .thenComparing(row -> row.<Double>getAs("log_probability_change")))
        .forEach(
            row ->
                shown.add(
                    Findings.Row.of(
                        row.getAs("choice").equals(Retraining.WHOLE)
                            ? "another seed"
                            : String.format(
                                Locale.ROOT,
                                "%,d by %s",
                                row.<Integer>getAs("occurrences"),
                                row.<String>getAs("choice")),
                        number(row, "log_probability_change"),
                        interval(row, "log_probability_change"),
                        number(row, "hellinger"),
                        interval(row, "hellinger"),
                        interval(row, "evidence_change_beyond"))));
    return new Findings(
        "",
        List.of(
            Note.everywhere(
                String.format(
                    Locale.ROOT,
                    "How far the predictions of %d prompts move when next tokens of the training text"
                        + " do not count and the model is trained again: ln p of the explained token,"
                        + " and the Hellinger distance, against the training of the same seed on the"
                        + " whole text; in brackets, 95 %% intervals over prompts. Another seed:"
                        + " absolute differences of two trainings on the whole text.",
                    rows.get(0).<Integer>getAs("prompts"))),
            new Grid(
                "Predictions without what was chosen",
                "taken away",
                List.of(
                    Column.of("ln p"),
                    Column.of("interval"),
                    Column.of("distance"),
                    Column.of("interval"),
                    Column.of("evidence less this")),
                shown)),
        List.of());
  }

  /**
   * Shows how well scores tell what halves predict.
   *
   * @param rows of datamodel_scores
   */
  static Findings halves(List<Row> rows) {
    List<Findings.Row> shown = new ArrayList<>();
    rows.stream()
        .sorted(Comparator.comparing((Row row) -> -row.<Double>getAs("rank_correlation")))
        .forEach(
            row ->
                shown.add(
                    Findings.Row.of(
                        row.getAs("score"),
                        number(row, "rank_correlation"),
                        interval(row, "rank_correlation"),
                        String.valueOf(row.<Integer>getAs("halves")))));
    return new Findings(
        "",
        List.of(
            Note.everywhere(
                String.format(
                    Locale.ROOT,
                    "How well scores of the units of the training text tell ln p of the explained"
                        + " token by models that were trained on random halves of them: rank"
                        + " correlation over halves, mean of %d prompts (the linear datamodeling"
                        + " score); in brackets, 95 %% intervals over prompts.",
                    rows.get(0).<Integer>getAs("prompts"))),
            new Grid(
                "Linear datamodeling scores",
                "score",
                List.of(Column.of("correlation"), Column.of("interval"), Column.of("halves")),
                shown)),
        List.of());
  }

  private static String number(Row row, String column) {
    return String.format(Locale.ROOT, "%.4f", row.<Double>getAs(column));
  }

  private static String interval(Row row, String column) {
    return row.isNullAt(row.fieldIndex(column + "_low"))
        ? "-"
        : String.format(
            Locale.ROOT,
            "(%.4f to %.4f)",
            row.<Double>getAs(column + "_low"),
            row.<Double>getAs(column + "_high"));
  }
}
