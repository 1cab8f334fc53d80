/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Some of the prompts, and how the similar strings do on them.
 *
 * @param kind of slice; empty where it is that of the row above
 * @param honest mean distance of the similar strings, without the prompt's own window
 * @param compatible the same with it
 * @param ngram the smoothed n-gram's, without the prompt's own window
 * @param top1 share of prompts whose top token agrees, without the prompt's own window
 */
record SliceRow(
    String kind,
    String slice,
    double prompts,
    Comparison.Mean honest,
    Comparison.Mean compatible,
    Comparison.Mean ngram,
    double top1) {

  private record Kind(String label, String name, List<String[]> slices) {}

  private static final List<Kind> KINDS =
      List.of(
          new Kind(
              "training split",
              "split",
              List.of(new String[] {"inside", "inside"}, new String[] {"outside", "outside"})),
          new Kind(
              "model’s top token",
              "confidence",
              List.of(
                  new String[] {"below_50", "below 50 %"},
                  new String[] {"from_50", "50 to 90 %"},
                  new String[] {"from_90", "90 to 99 %"},
                  new String[] {"from_99", "99 % or more"})),
          new Kind(
              "similar strings",
              "similar_strings",
              List.of(
                  new String[] {"below_100", "below 100"},
                  new String[] {"from_100", "100 to 999"},
                  new String[] {"from_1000", "1,000 to 9,999"},
                  new String[] {"from_10000", "10,000 or more"})),
          new Kind(
              "prompt in the corpus",
              "occurrences",
              List.of(
                  new String[] {"none", "not at all"},
                  new String[] {"once", "once"},
                  new String[] {"from_2", "2 to 9 times"},
                  new String[] {"from_10", "10 times or more"})));

  /** The slices that have prompts. */
  static List<SliceRow> of(Map<String, Double> metrics) {
    List<SliceRow> rows = new ArrayList<>();
    for (Kind kind : KINDS) {
      String label = kind.label();
      for (String[] slice : kind.slices()) {
        String prefix = "slice." + kind.name() + "." + slice[0] + ".";
        if (metrics.containsKey(prefix + "prompts")) {
          rows.add(
              new SliceRow(
                  label,
                  slice[1],
                  metrics.get(prefix + "prompts"),
                  Comparison.Mean.of(metrics, prefix + "honest.hellinger"),
                  Comparison.Mean.of(metrics, prefix + "compatible.hellinger"),
                  Comparison.Mean.of(metrics, prefix + "honest.baseline.kneser_ney.hellinger"),
                  metrics.get(prefix + "honest.top1")));
          label = "";
        }
      }
    }

    return rows;
  }
}
