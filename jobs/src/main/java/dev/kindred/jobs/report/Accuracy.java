/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.report;

import dev.kindred.evaluation.NextTokenAccuracy;
import dev.kindred.table.Figures;
import dev.kindred.table.Figures.Measure;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * How often predictions put the token first that really follows.
 *
 * @param prompts that occur once in the corpus, which one token follows
 * @param rows one a prediction
 * @param disagreements where two predictions have another first token
 */
public record Accuracy(double prompts, List<Row> rows, List<Disagreement> disagreements) {
  /** The name of the model among the figures. */
  public static final String MODEL = "model";

  /** The name of the similar strings other than the prompt itself among the figures. */
  public static final String STRINGS = "similar_strings";

  /** The name of the strongest n-gram model among the figures. */
  public static final String NGRAM = "ngram";

  private static final Map<String, String> LABELS =
      Map.of(
          MODEL, "the model", STRINGS, "the similar strings, honest", NGRAM, "the n-gram, honest");

  /**
   * A prediction.
   *
   * @param right share of prompts that it is right for, in [0, 1]
   * @param low of its 95 % interval
   * @param high of its 95 % interval
   */
  record Row(String label, double right, double low, double high) {
    String interval() {
      return String.format(Locale.ROOT, "%.1f to %.1f", 100 * low, 100 * high);
    }
  }

  /**
   * Prompts for which two predictions have another first token.
   *
   * @param firstIsRight share of them for which the first is right, in [0, 1]
   * @param secondIsRight the same of the second
   * @param neither share for which neither is
   */
  record Disagreement(
      String first,
      String second,
      double prompts,
      double firstIsRight,
      double secondIsRight,
      double neither) {}

  /** Reads the accuracy from a run's figures; returns null if no prompt tells it. */
  static Accuracy of(Figures figures) {
    double prompts = figures.get(NextTokenAccuracy.PROMPTS, "count", 0);
    if (prompts == 0) {
      return null;
    }

    List<Row> rows = new ArrayList<>();
    List<Disagreement> disagreements = new ArrayList<>();
    List<String> predictions = List.of(MODEL, STRINGS, NGRAM);
    for (int p = 0; p < predictions.size(); p++) {
      Measure right = Measure.of(predictions.get(p), NextTokenAccuracy.RIGHT);
      rows.add(
          new Row(
              LABELS.get(predictions.get(p)),
              figures.get(right, "mean"),
              figures.get(right, "ci95_low"),
              figures.get(right, "ci95_high")));
      if (p > 0) {
        add(disagreements, figures, predictions.get(p - 1), predictions.get(p));
      }
    }

    return new Accuracy(prompts, rows, disagreements);
  }

  private static void add(List<Disagreement> all, Figures figures, String first, String second) {
    Measure differing = NextTokenAccuracy.differing(first, second);
    if (figures.get(differing, "prompts") > 0) {
      all.add(
          new Disagreement(
              LABELS.get(first),
              LABELS.get(second),
              figures.get(differing, "prompts"),
              figures.get(differing, first),
              figures.get(differing, second),
              figures.get(differing, "neither")));
    }
  }
}
