/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.report;

import dev.kindred.evaluation.PromptFigures;
import dev.kindred.evaluation.Summaries;
import dev.kindred.table.Figures;
import dev.kindred.table.Figures.Measure;
import java.util.ArrayList;
import java.util.List;

/**
 * Some of the prompts, and how the similar strings do on them.
 *
 * @param kind of slice; empty where it is that of the row above
 * @param kindRows rows of the kind; 0 where it is that of the row above
 * @param honest mean distance of the similar strings, without the prompt's own window
 * @param compatible the same with it
 * @param ngram that of the run's n-gram, without the prompt's own window; null of a run from before
 *     there was one
 * @param gain by how much the similar strings are closer than that; null where that is
 * @param top1 share of prompts whose top token agrees, without the prompt's own window
 */
record SliceRow(
    String kind,
    int kindRows,
    String slice,
    double prompts,
    Comparison.Mean honest,
    Comparison.Mean compatible,
    Comparison.Mean ngram,
    Gain gain,
    double top1) {

  private record Kind(String label, String metric, List<Slice> slices) {}

  private record Slice(String label, String metric) {}

  private static final List<Kind> KINDS =
      List.of(
          new Kind(
              "training split",
              "split",
              List.of(new Slice("inside", "inside"), new Slice("outside", "outside"))),
          new Kind(
              "model’s top token",
              "confidence",
              List.of(
                  new Slice("below 50 %", "below_50"),
                  new Slice("50 to 90 %", "from_50"),
                  new Slice("90 to 99 %", "from_90"),
                  new Slice("99 % or more", "from_99"))),
          new Kind(
              "similar strings",
              "similar_strings",
              List.of(
                  new Slice("below 100", "below_100"),
                  new Slice("100 to 999", "from_100"),
                  new Slice("1,000 to 9,999", "from_1000"),
                  new Slice("10,000 or more", "from_10000"))),
          new Kind(
              "prompt in the corpus",
              "occurrences",
              List.of(
                  new Slice("not at all", "none"),
                  new Slice("once", "once"),
                  new Slice("2 to 9 times", "from_2"),
                  new Slice("10 times or more", "from_10"))));

  /** The slices that have prompts. */
  static List<SliceRow> of(Figures figures) {
    Measure distance = Summaries.of(Summaries.HELLINGER);
    List<SliceRow> rows = new ArrayList<>();
    for (Kind kind : KINDS) {
      String label = kind.label();
      int kindRows =
          (int) kind.slices().stream().filter(slice -> isThere(figures, kind, slice)).count();
      for (Slice slice : kind.slices()) {
        String name = name(kind, slice);
        if (isThere(figures, kind, slice)) {
          rows.add(
              new SliceRow(
                  label,
                  kindRows,
                  slice.label(),
                  figures.get(prompts(name), "count"),
                  Comparison.Mean.of(figures, distance.honest().in(name)),
                  Comparison.Mean.of(figures, distance.compatible().in(name)),
                  Comparison.Mean.of(
                      figures,
                      Measure.of(PromptFigures.NGRAM, Summaries.HELLINGER).honest().in(name)),
                  Gain.of(figures, name),
                  figures.get(Summaries.of(Summaries.TOP1).honest().in(name), "mean")));
          label = "";
          kindRows = 0;
        }
      }
    }

    return rows;
  }

  /** The slice as figures name it. */
  private static String name(Kind kind, Slice slice) {
    return kind.metric() + "." + slice.metric();
  }

  private static Measure prompts(String slice) {
    return Summaries.of(Summaries.PROMPTS).compatible().in(slice);
  }

  private static boolean isThere(Figures figures, Kind kind, Slice slice) {
    return figures.has(prompts(name(kind, slice)), "count");
  }
}
