/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.report;

import dev.kindred.evaluation.Summaries;
import dev.kindred.table.Figures;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/** Draws for how many prompts the first tokens of similar strings and model agree. */
final class Agreement {
  /** Tokens that are compared by rank. */
  static final int TOKENS = 10;

  private Agreement() {}

  /** Draws the honest shares, by how many tokens are compared. */
  static Chart chart(Figures figures) {
    double[] inOrder = shares(figures, Summaries.IN_ORDER);
    double[] inAnyOrder = shares(figures, Summaries.IN_ANY_ORDER);
    return Chart.of(
        String.format(
            Locale.ROOT,
            "Prompts of which the first tokens agree: the first for %s, the first three in order for"
                + " %s and in any order for %s, the first ten in order for %s and in any order for"
                + " %s.",
            Numbers.percent(inOrder[0]),
            Numbers.percent(inOrder[2]),
            Numbers.percent(inAnyOrder[2]),
            Numbers.percent(inOrder[TOKENS - 1]),
            Numbers.percent(inAnyOrder[TOKENS - 1])),
        new Chart.Axis(
            "first n tokens",
            1,
            TOKENS,
            IntStream.rangeClosed(1, TOKENS)
                .mapToObj(n -> new Chart.Tick(n, Integer.toString(n)))
                .toList()),
        Chart.Axis.upTo(1, "prompts", Numbers::wholePercent),
        List.of(
            line("in any order, honest", "strings second", inAnyOrder),
            line("in order, honest", "strings", inOrder)));
  }

  private static double[] shares(Figures figures, String order) {
    return IntStream.rangeClosed(1, TOKENS)
        .mapToDouble(n -> figures.get(Summaries.of(order).honest(), Summaries.top(n)))
        .toArray();
  }

  private static Chart.Series line(String name, String style, double[] shares) {
    return new Chart.Series(
        name,
        style,
        Chart.Shape.LINE,
        IntStream.rangeClosed(1, TOKENS).asDoubleStream().toArray(),
        shares);
  }
}
