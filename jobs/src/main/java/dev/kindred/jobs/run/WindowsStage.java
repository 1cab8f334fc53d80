/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.run;

import dev.kindred.corpus.Tokens;
import dev.kindred.corpus.Windows;
import dev.kindred.table.Part;
import dev.kindred.table.Tables;

/** Stage 1: the windows of the corpus, and the tokens. */
public final class WindowsStage {
  /**
   * The stages of extracting windows take times in these proportions: to cut them, to count them
   * twice, and to write them in order.
   */
  private static final double[] EXTRACTION = {3, 2, 2, 3};

  private WindowsStage() {}

  /** Writes what is not there yet. */
  public static void write(CorpusInput corpus) {
    Part tokens = corpus.part(Tables.TOKENS, corpus.id());
    if (!tokens.isComplete()) {
      tokens.write(Tokens.of(corpus.spark(), corpus.tokenizerJson()).coalesce(1));
    }

    Part part = corpus.windowsPart();
    if (part.isComplete()) {
      corpus.progress().reused("windows", part);
      return;
    }

    corpus
        .warehouse()
        .checkFree("the table windows", DiskNeed.ofWindows(corpus.scan().occurrences()));
    corpus
        .progress()
        .step(
            "windows",
            () -> {
              corpus.progress().expectStages(EXTRACTION);
              part.write(
                  Windows.extract(
                      corpus.spark(),
                      corpus.corpus(),
                      corpus.scan(),
                      corpus.tokenizerJson(),
                      corpus.windowLength()),
                  corpus.scan()::asProperties);
            },
            part);
  }
}
