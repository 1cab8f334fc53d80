/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.run;

import dev.kindred.corpus.Occurrences;
import dev.kindred.corpus.Passages;
import dev.kindred.corpus.Tokens;
import dev.kindred.corpus.WindowCounts;
import dev.kindred.corpus.Windows;
import dev.kindred.jobs.option.PlacesOptions;
import dev.kindred.table.Part;
import dev.kindred.table.Tables;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.storage.StorageLevel;

/** Stage 1: the windows of the corpus, where they stand, and the tokens. */
public final class WindowsStage {
  /**
   * The stages of extracting windows take times in these proportions: to cut them, to count them,
   * to sample their order and to write them in it.
   */
  private static final double[] EXTRACTION = {3, 4, 1.5, 5.5};

  /** The same, and to sample and write where they stand, and to write the passages. */
  private static final double[] WITH_PLACES = {3, 4, 1.5, 5.5, 1, 1, 2.5};

  private WindowsStage() {}

  /** Writes what is not there yet. */
  public static void write(CorpusInput corpus) {
    Part tokens = corpus.part(Tables.TOKENS, corpus.id());
    if (!tokens.isComplete()) {
      tokens.write(Tokens.of(corpus.spark(), corpus.tokenizerJson()).coalesce(1));
    }

    Part windows = corpus.windowsPart();
    boolean hasPlaces = corpus.places().isEmpty() || corpus.hasPlaces();
    if (windows.isComplete() && hasPlaces) {
      corpus.progress().reused("windows", windows);
      return;
    }

    corpus
        .warehouse()
        .checkFree(
            "the table windows",
            DiskNeed.ofWindows(corpus.scan().windows())
                + (hasPlaces ? 0 : DiskNeed.ofPlaces(corpus.scan(), keptPlaces(corpus))));
    corpus.progress().step("windows", () -> count(corpus, windows), windows);
  }

  private static int keptPlaces(CorpusInput corpus) {
    return corpus.places().map(PlacesOptions::kept).orElse(1);
  }

  /** Counts the windows once for all tables that are made of them. */
  private static void count(CorpusInput corpus, Part windows) {
    corpus.progress().expectStages(corpus.places().isPresent() ? WITH_PLACES : EXTRACTION);
    Dataset<Row> counts =
        WindowCounts.of(
                corpus.spark(),
                corpus.corpus(),
                corpus.scan(),
                corpus.tokenizerJson(),
                corpus.windowLength(),
                keptPlaces(corpus))
            .persist(StorageLevel.DISK_ONLY());
    try {
      if (!windows.isComplete()) {
        windows.write(
            Windows.of(counts, corpus.scan(), corpus.tokenizerJson()), corpus.scan()::asProperties);
      }

      if (corpus.places().isPresent()) {
        writePlaces(corpus, counts);
      }
    } finally {
      counts.unpersist();
    }
  }

  private static void writePlaces(CorpusInput corpus, Dataset<Row> counts) {
    Part occurrences = corpus.part(Tables.OCCURRENCES, corpus.id(), corpus.placesId());
    if (!occurrences.isComplete()) {
      occurrences.write(Occurrences.of(counts, corpus.scan()));
    }

    Part passages = corpus.part(Tables.PASSAGES, corpus.id(), corpus.placesId());
    if (!passages.isComplete()) {
      passages.write(
          Passages.of(
              corpus.spark(),
              corpus.corpus(),
              corpus.scan(),
              corpus.tokenizerJson(),
              corpus.windowLength()));
    }
  }
}
