/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.report;

import static dev.kindred.jobs.report.TerminalText.BOLD;
import static dev.kindred.jobs.report.TerminalText.FAINT;
import static dev.kindred.jobs.report.TerminalText.WIDTH;

import dev.kindred.jobs.report.TerminalText.Line;
import dev.kindred.lens.Lens;
import dev.kindred.lens.Lens.Guess;
import dev.kindred.lens.Lens.Layer;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Prompts through the logit lens, for a terminal. */
public final class LensText {
  private static final int TOKEN_WIDTH = 9; // at most
  private static final int PERCENT_WIDTH = 4;
  private static final int GAP = 1;

  /**
   * Blue behind black or white, for probabilities of at least 0, 10, 25, 50 and 75 %: colours of
   * their own, so that they can be read on light and dark terminals.
   */
  private static final String[] SHADES = {
    "", "48;5;153;38;5;16", "48;5;111;38;5;16", "48;5;25;38;5;231", "48;5;18;38;5;231"
  };

  private static final double[] SHADED_FROM = {0, .1, .25, .5, .75};

  private final TerminalText text;

  private LensText(boolean isColoured) {
    this.text = new TerminalText(isColoured);
  }

  /**
   * All prompts.
   *
   * @param isColoured whether to shade what is probable, for a terminal
   */
  public static String of(Lenses lenses, boolean isColoured) {
    LensText text = new LensText(isColoured);
    lenses.prompts().forEach(text::prompt);
    return text.text.toString();
  }

  private void prompt(Lens lens) {
    text.line().add(FittingText.start(lens.text(), WIDTH), BOLD).end();
    text.blankLine();
    int labels =
        lens.layers().stream().mapToInt(layer -> Lenses.name(layer).length()).max().orElse(0);
    List<Integer> tokenWidths = tokenWidths(lens);
    int from = 0;
    while (from < lens.tokens().size()) {
      int to = from;
      int width = labels;
      while (to < tokenWidths.size()
          && (to == from || width + cellWidth(tokenWidths.get(to)) <= WIDTH)) {
        width += cellWidth(tokenWidths.get(to));
        to++;
      }

      table(lens, labels, tokenWidths, from, to);
      from = to;
    }

    end(lens, labels);
  }

  private static int cellWidth(int tokenWidth) {
    return GAP + tokenWidth + 1 + PERCENT_WIDTH;
  }

  private static List<Integer> tokenWidths(Lens lens) {
    List<Integer> widths = new ArrayList<>();
    for (int position = 0; position < lens.tokens().size(); position++) {
      int width = fitting(lens.tokens().get(position)).width();
      for (Layer layer : lens.layers()) {
        width = Math.max(width, fitting(layer.positions().get(position).token()).width());
      }

      widths.add(width);
    }

    return widths;
  }

  private static FittingText fitting(String token) {
    return FittingText.start(token, TOKEN_WIDTH);
  }

  private void table(Lens lens, int labels, List<Integer> tokenWidths, int from, int to) {
    Line head = text.line().add(label("after", labels), FAINT);
    for (int position = from; position < to; position++) {
      head.add(" ".repeat(GAP), "")
          .add(fitting(lens.tokens().get(position)).padded(tokenWidths.get(position)), BOLD)
          .add(" ".repeat(1 + PERCENT_WIDTH), "");
    }

    head.end();
    for (Layer layer : lens.layers()) {
      Line line = text.line().add(label(Lenses.name(layer), labels), FAINT);
      for (int position = from; position < to; position++) {
        Guess guess = layer.positions().get(position);
        FittingText token = fitting(guess.token()).padded(tokenWidths.get(position));
        String percent =
            String.format(Locale.ROOT, " %" + PERCENT_WIDTH + "s", percent(guess.probability()));
        line.add(" ".repeat(GAP), "")
            .add(
                new FittingText(token.text() + percent, token.width() + percent.length()),
                shade(guess.probability()));
      }

      line.end();
    }

    text.blankLine();
  }

  private static String label(String name, int width) {
    return String.format(Locale.ROOT, "%-" + width + "s", name);
  }

  private static String percent(double probability) {
    return probability < .005 ? "<1%" : String.format(Locale.ROOT, "%.0f%%", 100 * probability);
  }

  private static String shade(double probability) {
    int shade = SHADES.length - 1;
    while (probability < SHADED_FROM[shade]) {
      shade--;
    }

    return SHADES[shade];
  }

  /** As many of the most probable tokens as there is room for. */
  private void end(Lens lens, int labels) {
    text.line().add("most probable at the end", FAINT).end();
    for (Layer layer : lens.layers()) {
      Line line = text.line().add(label(Lenses.name(layer), labels), FAINT);
      for (Guess guess : layer.end()) {
        FittingText token = fitting(guess.token());
        String percent = String.format(Locale.ROOT, " %-6s", Numbers.percent(guess.probability()));
        if (line.width() + GAP + token.width() + percent.length() > WIDTH) {
          break;
        }

        line.add(" ".repeat(GAP), "").add(token, BOLD).add(percent, "");
      }

      line.end();
    }

    text.blankLine();
  }
}
