/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.report;

import dev.kindred.explanation.BlockExplanation;
import dev.kindred.explanation.Explanation;
import dev.kindred.explanation.NextToken;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/**
 * Why an approximation is far from the model, in sentences: each says what an explanation shows,
 * and none what the model means by it.
 */
final class Reasons {
  /** Fewer similar strings, of all blocks together, are few: the first of the report's slices. */
  private static final long FEW_STRINGS = 100;

  /** Probabilities of one token that differ by this much are worth a sentence. */
  private static final double PROBABILITY = 0.25;

  /** Distances that differ by this much are worth a sentence. */
  private static final double DISTANCE = 0.1;

  private Reasons() {}

  /** The sentences that hold; none for a prompt that is explained well. */
  static List<String> of(Explanation explanation) {
    List<String> reasons = new ArrayList<>();
    if (explanation.similarCount() == 0) {
      return List.of("No string of the corpus is similar enough in any block.");
    }

    few(explanation, reasons);
    tokens(explanation, reasons);
    blocks(explanation, reasons);
    itself(explanation, reasons);
    return reasons;
  }

  private static void few(Explanation explanation, List<String> reasons) {
    long count = explanation.similarCount();
    if (isOnlyItself(explanation)) {
      reasons.add("The only similar string is the prompt itself.");
    } else if (count < FEW_STRINGS) {
      reasons.add(
          String.format(
              Locale.ROOT,
              "Only %d similar %s in all blocks together.",
              count,
              count == 1 ? "string" : "strings"));
    }
  }

  private static boolean isOnlyItself(Explanation explanation) {
    return explanation.blocks().stream()
        .allMatch(
            block ->
                block.similarCount() == 0
                    || block.similarCount() == 1
                        && block.strings().size() == 1
                        && block.strings().get(0).text().equals(explanation.text()));
  }

  /** The token that the strings miss most, and the one that they overrate most. */
  private static void tokens(Explanation explanation, List<String> reasons) {
    Comparator<NextToken> byExcess =
        Comparator.comparingDouble(token -> token.model() - token.approximation());
    explanation.nextTokens().stream()
        .max(byExcess)
        .filter(token -> token.model() - token.approximation() >= PROBABILITY)
        .ifPresent(
            token ->
                reasons.add(
                    String.format(
                        Locale.ROOT,
                        "The model gives %s %s, the similar strings %s.",
                        VisibleText.quoted(token.text()),
                        Numbers.percent(token.model()),
                        Numbers.percent(token.approximation()))));
    explanation.nextTokens().stream()
        .min(byExcess)
        .filter(token -> token.approximation() - token.model() >= PROBABILITY)
        .ifPresent(
            token ->
                reasons.add(
                    String.format(
                        Locale.ROOT,
                        "The similar strings give %s %s, the model %s.",
                        VisibleText.quoted(token.text()),
                        Numbers.percent(token.approximation()),
                        Numbers.percent(token.model()))));
  }

  /**
   * Adds a sentence where one block alone would be closer than the mixture. It names that block,
   * and the block that keeps the mixture from being as close.
   */
  private static void blocks(Explanation explanation, List<String> reasons) {
    BlockExplanation closest =
        explanation.blocks().stream()
            .min(
                Comparator.comparingDouble(BlockExplanation::hellinger)
                    .thenComparing(BlockExplanation::share, Comparator.reverseOrder()))
            .orElseThrow();
    BlockExplanation culprit =
        explanation.blocks().stream()
            .max(Comparator.comparingDouble(block -> block.share() * block.hellinger()))
            .filter(block -> block.block() != closest.block())
            .orElse(closest);
    if (culprit.hellinger() - closest.hellinger() >= DISTANCE
        && explanation.compatible().hellinger() - closest.hellinger() >= DISTANCE) {
      reasons.add(
          String.format(
              Locale.ROOT,
              "The blocks disagree: block %d alone is at %s, block %d, with %s of the result, at"
                  + " %s.",
              closest.block(),
              Numbers.precise(closest.hellinger()),
              culprit.block(),
              Numbers.percent(culprit.share()),
              Numbers.precise(culprit.hellinger())));
    }
  }

  private static void itself(Explanation explanation, List<String> reasons) {
    if (explanation.leaveOneOut() != null
        && !isOnlyItself(explanation)
        && explanation.leaveOneOut().hellinger() - explanation.compatible().hellinger()
            >= DISTANCE) {
      reasons.add(
          "The prompt itself is much of its evidence: without it the distance is "
              + Numbers.precise(explanation.leaveOneOut().hellinger())
              + ".");
    }
  }
}
