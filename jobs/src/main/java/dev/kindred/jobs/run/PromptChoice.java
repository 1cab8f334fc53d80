/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.run;

import dev.kindred.InvalidInput;
import dev.kindred.corpus.Prompt;
import dev.kindred.corpus.Prompts;
import dev.kindred.corpus.Tokenizer;
import dev.kindred.jobs.option.PromptOptions;
import dev.kindred.jobs.workspace.Messages;
import dev.kindred.jobs.workspace.Terminal;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/**
 * Which prompts: windows that are drawn, or texts that a file has.
 *
 * @param count how many
 * @param seed of the draw
 * @param given texts; null if prompts are drawn
 */
public record PromptChoice(long count, long seed, List<Prompt> given) {

  /**
   * Reads the file, if there is one. Of prompts that are longer than windows the end is taken,
   * which a line on standard error says.
   *
   * @param tokenizerJson of the model
   * @param windowLength tokens that each must have
   * @throws InvalidInput if one has fewer tokens
   */
  public static PromptChoice read(
      PromptOptions options, String tokenizerJson, int windowLength, Configuration hadoop) {
    if (options.count().isPresent()) {
      return new PromptChoice(options.count().getAsInt(), options.seed(), null);
    }

    AtomicInteger cut = new AtomicInteger();
    List<Prompt> given =
        Prompts.read(
            hadoop,
            options.file(),
            tokenizerJson,
            Prompts.Lengths.ofWindows(windowLength),
            cut::set);
    if (cut.get() > 0) {
      Terminal.standardError()
          .line(
              Messages.line(
                  String.format(
                      Locale.ROOT,
                      "kindred: --prompts %s: %,d of %,d prompts cut to their last %d %s, as many as"
                          + " windows have (--window-length)",
                      options.file(),
                      cut.get(),
                      given.size(),
                      windowLength,
                      Tokenizer.of(tokenizerJson).isCharacterLevel() ? "characters" : "tokens")));
    }

    return new PromptChoice(given.size(), options.seed(), given);
  }

  /**
   * Refuses more prompts than a corpus can have.
   *
   * @param windows at most so many
   * @throws InvalidInput saying how many it has
   */
  public void check(long windows) {
    if (given == null && count > windows) {
      throw new InvalidInput(
          "--prompts %d: the corpus has only %d windows; ask for fewer", count, windows);
    }
  }

  /** Returns the id of the prompt set over a corpus. */
  public String set(String corpusId) {
    return given == null
        ? Prompts.drawnSet(corpusId, (int) count, seed)
        : Prompts.givenSet(corpusId, given);
  }

  /** Chooses them: rows of the table prompts. */
  Dataset<Row> of(CorpusInput corpus) {
    Dataset<Row> windows = corpus.windows();
    return given == null
        ? Prompts.draw(corpus.spark(), windows, windows.count(), (int) count, seed)
        : Prompts.find(corpus.spark(), windows, given);
  }
}
