/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.report;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * The singular values of tokens' learned embeddings, as a table and as a picture with a line for
 * each token.
 *
 * @param tokens by token id, at least one; all have as many singular values
 */
public record TokenSpectra(String modelId, String stage, String recipe, List<Spectrum> tokens) {
  /** Of the picture, in its own units. */
  static final int WIDTH = 680;

  static final int HEIGHT = 320;
  private static final int LEFT = 40;
  private static final int RIGHT = 8;
  private static final int TOP = 8;
  private static final int BOTTOM = 24;
  private static final int SHOWN_VALUES = 4; // in the table

  /**
   * A token's.
   *
   * @param token its text
   * @param singularValues descending
   * @param positiveShare share of the embeddings with a positive cosine with the first direction
   * @param converged whether all of its embeddings did
   */
  public record Spectrum(
      String token, double[] singularValues, double positiveShare, boolean converged) {

    /** The first singular value over the second, of which there is one. */
    double ratio() {
      return singularValues[0] / singularValues[1];
    }

    String ratioText() {
      return singularValues.length < 2 ? "–" : String.format(Locale.ROOT, "%,.2f", ratio());
    }

    String firstValues() {
      return Arrays.stream(singularValues)
          .limit(SHOWN_VALUES)
          .mapToObj(value -> String.format(Locale.ROOT, "%8.2f", value))
          .collect(Collectors.joining());
    }
  }

  /** A table for the terminal. */
  public String text() {
    int shown = Math.min(SHOWN_VALUES, ranks());
    StringBuilder text = new StringBuilder();
    text.append(
        String.format(
            Locale.ROOT,
            "%n%-8s%" + 8 * shown + "s%12s%12s  %s%n",
            "token",
            "singular values",
            "first/next",
            "positive",
            "converged"));
    for (Spectrum token : tokens) {
      text.append(
          String.format(
              Locale.ROOT,
              "%-8s%s%12s%12.2f  %s%n",
              VisibleText.shown(token.token()),
              token.firstValues(),
              token.ratioText(),
              token.positiveShare(),
              token.converged() ? "yes" : "no"));
    }

    return text.toString();
  }

  int ranks() {
    return tokens.get(0).singularValues().length;
  }

  /** The upper edge. */
  double top() {
    double highest =
        tokens.stream().mapToDouble(token -> token.singularValues()[0]).max().orElseThrow();
    double step = Math.pow(10, Math.floor(Math.log10(highest)));
    return Math.ceil(highest / step) * step;
  }

  /** Across, of a rank from 1. */
  double x(int rank) {
    return LEFT + (rank - 1.0) / Math.max(1, ranks() - 1) * (WIDTH - LEFT - RIGHT);
  }

  /** Down. */
  double y(double value) {
    return TOP + (1 - value / top()) * (HEIGHT - TOP - BOTTOM);
  }

  /** A token's line, as an SVG polyline's points. */
  String line(Spectrum token) {
    return IntStream.rangeClosed(1, token.singularValues().length)
        .mapToObj(
            rank ->
                String.format(
                    Locale.ROOT, "%.1f,%.1f", x(rank), y(token.singularValues()[rank - 1])))
        .collect(Collectors.joining(" "));
  }

  /** What the picture shows, in words. */
  String alt() {
    if (ranks() < 2) {
      return String.format(Locale.ROOT, "The first singular value of %d tokens.", tokens.size());
    }

    double[] ratios = tokens.stream().mapToDouble(Spectrum::ratio).sorted().toArray();
    return String.format(
        Locale.ROOT,
        "The first %d singular values of %d tokens; the first is %.1f times the second for the"
            + " median token.",
        ranks(),
        tokens.size(),
        ratios[ratios.length / 2]);
  }
}
