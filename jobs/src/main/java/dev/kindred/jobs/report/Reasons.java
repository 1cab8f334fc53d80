/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.report;

import dev.kindred.explanation.BlockExplanation;
import dev.kindred.explanation.Explanation;
import dev.kindred.explanation.NextToken;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/**
 * Why an approximation is far from the model, in sentences: each says what an explanation shows,
 * and none what the model means by it.
 */
final class Reasons {
  /** How the sentence begins that says so. */
  static final String DISAGREE = "The blocks disagree";

  /** Fewer similar strings, of all blocks together, are few: the first of the report's slices. */
  static final long FEW_STRINGS = 100;

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

  /**
   * Where the token is that the strings miss most, and where the one is from that they overrate.
   */
  private static void tokens(Explanation explanation, List<String> reasons) {
    List<NextToken> tokens = explanation.nextTokens();
    Comparator<Integer> byExcess =
        Comparator.comparingDouble(i -> tokens.get(i).model() - tokens.get(i).approximation());
    IntStream.range(0, tokens.size())
        .boxed()
        .max(byExcess)
        .filter(i -> tokens.get(i).model() - tokens.get(i).approximation() >= PROBABILITY)
        .ifPresent(i -> reasons.add(missed(explanation, i)));
    IntStream.range(0, tokens.size())
        .boxed()
        .min(byExcess)
        .filter(i -> tokens.get(i).approximation() - tokens.get(i).model() >= PROBABILITY)
        .ifPresent(i -> reasons.add(overrated(explanation, i)));
  }

  private static String missed(Explanation explanation, int token) {
    NextToken missed = explanation.nextTokens().get(token);
    String text = VisibleText.quoted(missed.text());
    if (missed.approximation() == 0) {
      return "No similar string is followed by " + text + ", which the model expects.";
    }

    BlockExplanation likeliest =
        Collections.max(
            explanation.blocks(), Comparator.comparingDouble(block -> block.shares().get(token)));
    return String.format(
        Locale.ROOT,
        "Of all blocks, block %d gives %s most, %s, and is %s of the result.",
        likeliest.block(),
        text,
        Numbers.percent(likeliest.shares().get(token)),
        Numbers.percent(likeliest.share()));
  }

  private static String overrated(Explanation explanation, int token) {
    BlockExplanation source =
        Collections.max(
            explanation.blocks(),
            Comparator.comparingDouble(block -> block.share() * block.shares().get(token)));
    return String.format(
        Locale.ROOT,
        "%s is above all from block %d, with %s of the result: there it is %s of what follows %s.",
        VisibleText.quoted(explanation.nextTokens().get(token).text()),
        source.block(),
        Numbers.percent(source.share()),
        Numbers.percent(source.shares().get(token)),
        source.similarCount() == 1
            ? "the one similar string"
            : Numbers.count(source.similarCount()) + " similar strings");
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
              DISAGREE + ": block %d alone is at %s, block %d, with %s of the result, at %s.",
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
