/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.report;

import static dev.kindred.jobs.report.TerminalText.BOLD;
import static dev.kindred.jobs.report.TerminalText.FAINT;

import dev.kindred.explanation.BlockExplanation;
import dev.kindred.explanation.Distance;
import dev.kindred.explanation.Explanation;
import dev.kindred.explanation.NextToken;
import dev.kindred.explanation.Place;
import dev.kindred.explanation.SimilarString;
import dev.kindred.explanation.TokenCount;
import dev.kindred.jobs.report.Findings.Grid;
import dev.kindred.jobs.report.TerminalText.Line;
import dev.kindred.model.BlockVector;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** Explanations for a terminal, {@value #WIDTH} columns wide. */
public final class ExplanationText {
  static final int WIDTH = TerminalText.WIDTH;

  private static final int TOKEN_WIDTH = 12;
  private static final int STRING_WIDTH = 40; // at most
  private static final int AROUND_WIDTH = 16; // on each side of a string in its line, at most
  private static final int MARKED_WIDTH = 24; // of a string in its line, at most
  private static final int BAR_WIDTH = 17;
  private static final String BAR_PARTS = "▏▎▍▌▋▊▉█"; // eighths of a column

  private static final String MODEL = "34"; // blue, as in the report
  private static final String CORPUS = "33"; // the nearest to the report's orange

  private final TerminalText text;
  private final boolean isColoured;

  private ExplanationText(boolean isColoured) {
    this.isColoured = isColoured;
    this.text = new TerminalText(isColoured);
  }

  /**
   * All prompts, and what they were explained from.
   *
   * @param isColoured whether to mark with the colours of a terminal what is marked by signs too
   */
  public static String of(Explained explained, boolean isColoured) {
    ExplanationText text = new ExplanationText(isColoured);
    explained.prompts().forEach(prompt -> text.explain(prompt, explained));
    text.read(explained);
    return text.text.toString();
  }

  private void explain(Explanation explanation, Explained explained) {
    text.line().add(FittingText.start(explanation.text(), WIDTH), BOLD).end();
    text.line()
        .add(
            explanation.occurrences() == 0
                ? "not in the corpus"
                : "in the corpus: " + times(explanation.occurrences()),
            FAINT)
        .end();
    String following = FollowingText.of(explanation);
    if (!following.isEmpty()) {
      sentence(following);
    }

    text.blankLine();
    tokens(explanation);
    distance("Hellinger distance ", explanation.compatible(), explained);
    if (explanation.leaveOneOut() != null) {
      distance("leave-one-out      ", explanation.leaveOneOut(), explained);
    }

    Reasons.of(explanation).forEach(this::sentence);
    text.blankLine();
    if (explained.shadings() != null) {
      int prompt = explanation.promptId();
      Grid shading = explained.shadings().get(prompt).grid("prompt " + (prompt + 1));
      text.lines(TerminalFindings.of(new Findings("", List.of(shading), List.of()), isColoured));
    }

    Set<Long> placed = new HashSet<>(); // a place is shown once, whatever blocks find the string
    explanation.blocks().forEach(block -> block(block, placed));
  }

  private static String times(long occurrences) {
    return occurrences == 1 ? "once" : String.format(Locale.ROOT, "%,d times", occurrences);
  }

  private void tokens(Explanation explanation) {
    boolean isInCorpus = explanation.leaveOneOut() != null;
    text.line()
        .add("next token    ", FAINT)
        .add(String.format(Locale.ROOT, "%-25s", "model"), FAINT)
        .add(String.format(Locale.ROOT, "%-25s", "similar strings"), FAINT)
        .add(isInCorpus ? "leave-one-out" : "", FAINT)
        .end();
    double greatest =
        explanation.nextTokens().stream()
            .mapToDouble(token -> Math.max(token.model(), token.approximation()))
            .max()
            .orElse(1);
    for (NextToken token : explanation.nextTokens()) {
      Line line =
          text.line().add(FittingText.start(token.text(), TOKEN_WIDTH).padded(TOKEN_WIDTH), "");
      bar(line, token.model(), greatest, MODEL);
      bar(line, token.approximation(), greatest, CORPUS);
      if (token.leaveOneOut() != null) {
        line.add(String.format(Locale.ROOT, "  %6s", Numbers.percent(token.leaveOneOut())), "");
      }

      if (follows(explanation, token)) {
        line.add(" ◀", BOLD);
      }

      line.end();
    }

    text.blankLine();
  }

  private static boolean follows(Explanation explanation, NextToken token) {
    return explanation.following() != null
        && explanation.following().tokens().stream()
            .anyMatch(following -> following.text().equals(token.text()));
  }

  private static void bar(Line line, double probability, double greatest, String colour) {
    int eighths = (int) Math.round(8 * BAR_WIDTH * probability / greatest);
    StringBuilder bar = new StringBuilder("█".repeat(eighths / 8));
    if (eighths % 8 > 0) {
      bar.append(BAR_PARTS.charAt(eighths % 8 - 1));
    }

    line.add(String.format(Locale.ROOT, "  %6s ", Numbers.percent(probability)), "")
        .add(String.format(Locale.ROOT, "%-" + (BAR_WIDTH - 1) + "s", bar), colour);
  }

  private void distance(String label, Distance distance, Explained explained) {
    Line line = text.line().add(label, FAINT).add(Numbers.precise(distance.hellinger()), BOLD);
    if (distance.closer() != null) {
      line.add(
          String.format(
              Locale.ROOT,
              "   %s of the run's %,d prompts are closer",
              Numbers.rank(distance.closer()).replace("%", " %"),
              explained.rankedAmong()),
          "");
    }

    line.end();
  }

  private void sentence(String sentence) {
    Line line = text.line();
    for (String word : sentence.split(" ")) {
      FittingText fitting = FittingText.start(word, WIDTH);
      if (line.width() > 0 && line.width() + 1 + fitting.width() > WIDTH) {
        line.end();
        line = text.line();
      }

      line.add(line.width() == 0 ? "" : " ", "").add(fitting, "");
    }

    line.end();
  }

  private void block(BlockExplanation block, Set<Long> placed) {
    text.line()
        .add("block " + block.block(), BOLD)
        .add(
            String.format(
                Locale.ROOT,
                "   %,d similar above %s, %s of the result, distance %s",
                block.similarCount(),
                block.threshold(),
                Numbers.percent(block.share()),
                Numbers.precise(block.hellinger())),
            "")
        .end();
    if (!block.nextTokens().isEmpty()) {
      next(text.line().add("  together followed by ", FAINT), block.nextTokens(), TokenShow.SHARE)
          .end();
    }

    int width =
        block.strings().stream()
            .mapToInt(string -> FittingText.end(string.text(), STRING_WIDTH).width() + 1)
            .max()
            .orElse(0);
    for (SimilarString string : block.strings()) {
      string(string, width);
      if (!string.places().isEmpty() && placed.add(string.windowId())) {
        place(string, string.places().get(0));
      }
    }

    text.blankLine();
  }

  /** The end of the string stands in the column where all end, after a bar where it is shared. */
  private void string(SimilarString string, int width) {
    FittingText shared = fittingEnd(string.sharedSuffix(), STRING_WIDTH);
    FittingText before = fittingEnd(string.ownBeginning(), STRING_WIDTH - shared.width());
    int space = width - 1 - before.width() - shared.width();
    Line line =
        text.line()
            .add("  " + " ".repeat(space), "")
            .add(before, "")
            .add("|", FAINT)
            .add(shared, BOLD)
            .add(String.format(Locale.ROOT, "  %.4f  ", string.similarity()), FAINT);
    if (string.effect() != null) {
      line.add(String.format(Locale.ROOT, "%+7.2f %%  ", Numbers.points(string.effect())), FAINT);
    }

    next(line, string.nextTokens(), TokenShow.COUNT).end();
  }

  /** The string where it stands first, and where that is. */
  private void place(SimilarString string, Place place) {
    FittingText before = fittingEnd(place.before(), AROUND_WIDTH);
    FittingText after =
        place.after().isEmpty()
            ? FittingText.NOTHING
            : FittingText.start(place.after(), AROUND_WIDTH);
    Line line =
        text.line()
            .add(" ".repeat(4 + AROUND_WIDTH - before.width()), "")
            .add(before, FAINT)
            .add("[", FAINT)
            .add(FittingText.end(string.text(), MARKED_WIDTH), "")
            .add("]", FAINT)
            .add(after.padded(AROUND_WIDTH + 1), FAINT);
    line.add(
            FittingText.end(place.document() + ":" + place.position(), WIDTH - line.width()), FAINT)
        .end();
  }

  /**
   * Returns the end of a part that fits into the columns. An empty part stays empty: it is no text
   * that has to be made visible.
   */
  private static FittingText fittingEnd(String part, int columns) {
    return part.isEmpty() || columns == 0 ? FittingText.NOTHING : FittingText.end(part, columns);
  }

  private enum TokenShow {
    SHARE,
    COUNT
  }

  /** Adds as many of the tokens to the line as there is room for. */
  private static Line next(Line line, List<TokenCount> tokens, TokenShow show) {
    for (TokenCount token : tokens) {
      FittingText shown = FittingText.start(token.text(), TOKEN_WIDTH);
      String number =
          show == TokenShow.SHARE
              ? " " + Numbers.percent(token.share()) + "  "
              : " ×" + Numbers.count(token.count()) + "  ";
      if (line.width() + shown.width() + number.stripTrailing().length() > WIDTH) {
        break;
      }

      line.add(shown, CORPUS).add(number, "");
    }

    return line;
  }

  private void read(Explained explained) {
    Explained.Read read = explained.read();
    text.line()
        .add(explained.runId() == null ? "no run" : "as in run " + explained.runId(), FAINT)
        .add(explained.unranked() == null ? "" : "; no ranks: " + explained.unranked(), FAINT)
        .end();
    if (explained.unplaced() != null) {
      sentence("no places of strings: " + explained.unplaced());
    }

    text.line()
        .add(
            String.format(
                Locale.ROOT,
                "%s %,d %s: %,d windows in %d blocks%s; %.1f s",
                read.wereEvaluated() ? "evaluated" : "read",
                read.activations(),
                explained.vectors() == BlockVector.FFN_OUT
                    ? "activations"
                    : explained.vectors().words(),
                read.windows(),
                read.blocks(),
                read.wereEvaluated()
                    ? ""
                    : String.format(Locale.ROOT, ", %.2f GB", read.bytes() / 1e9),
                read.seconds()),
            FAINT)
        .end();
  }
}
