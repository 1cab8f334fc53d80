/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.report;

import java.util.List;
import java.util.Set;

/** The words that the pages use. */
public final class Glossary {
  /**
   * A word.
   *
   * @param id of its place on the page
   */
  public record Word(String id, String word, String meaning) {}

  public static final List<Word> WORDS =
      List.of(
          new Word(
              "string",
              "string, window",
              "As many tokens of the corpus that follow each other as the run says (--window-length,"
                  + " ten unless told otherwise). In the bundled models a token is a character."),
          new Word(
              "prompt",
              "prompt",
              "As many tokens as a string has. Of a longer text the last ones are explained."),
          new Word(
              "block",
              "block",
              "A layer of the model: attention, then a feed-forward network, whose output at the"
                  + " last position is what is compared."),
          new Word(
              "similar",
              "similar string",
              "A string whose feed-forward output in a block has a cosine with the prompt's above"
                  + " the block's threshold."),
          new Word(
              "evidence",
              "evidence",
              "The tokens that follow a block's similar strings in the corpus, counted."),
          new Word(
              "approximation",
              "result, approximation",
              "The evidence of all blocks put together, a distribution of the next token that comes"
                  + " from the corpus alone: weighted and added up, or by rings."),
          new Word(
              "ring",
              "ring",
              "The strings above one of several thresholds of a block. What follows them is"
                  + " smoothed with the next looser ring; all rings of all blocks are multiplied."),
          new Word(
              "effect",
              "effect",
              "What hangs on a similar string: how much more of the model's first token all of them"
                  + " give than all others, without the prompt itself."),
          new Word(
              "distance",
              "distance",
              "The Hellinger distance of that distribution from the model's own: 0 where both are"
                  + " the same, 1 where they share no token."),
          new Word(
              "honest",
              "honest, leave-one-out",
              "Without the prompt's own occurrences in the corpus among the evidence; compatible is"
                  + " with them."),
          new Word(
              "floor",
              "noise floor",
              "The mean distance between the model and the same model trained again from another"
                  + " seed: what training leaves to chance."),
          new Word(
              "count",
              "count",
              "How often a text stands in the corpus, within documents; of any length."),
          new Word(
              "trace",
              "trace",
              "The longest parts of a text that stand in the corpus word for word, none of them"
                  + " within another."));

  /** Words that only the explorer's pages use. */
  private static final Set<String> OF_EXPLORER = Set.of("effect", "count", "trace");

  private Glossary() {}

  /** Returns the words that a report uses. */
  public static List<Word> ofReports() {
    return WORDS.stream().filter(word -> !OF_EXPLORER.contains(word.id())).toList();
  }
}
