/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.run;

import dev.kindred.InvalidInput;
import dev.kindred.corpus.Corpus;
import dev.kindred.corpus.CorpusScan;
import dev.kindred.jobs.option.CorpusOptions;
import dev.kindred.jobs.option.PlacesOptions;
import dev.kindred.jobs.workspace.Progress;
import dev.kindred.jobs.workspace.Workspace;
import dev.kindred.table.Part;
import dev.kindred.table.Table;
import dev.kindred.table.Tables;
import dev.kindred.table.Warehouse;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/**
 * A corpus that has been counted: what the stages of its windows read, and where they write.
 *
 * @param tokenizerJson what cuts it into tokens
 * @param windowLength tokens in a window
 * @param places what is kept of the places of windows; none for who only reads windows
 */
public record CorpusInput(
    Workspace workspace,
    Warehouse warehouse,
    Corpus corpus,
    CorpusScan scan,
    String tokenizerJson,
    int windowLength,
    Optional<PlacesOptions> places) {
  /** The folder of a warehouse that the embedded corpus is copied into. */
  public static final String CORPORA = "corpora";

  /**
   * Checks that a corpus can be listed. What its files are counts later, once the warehouse is this
   * process's to write.
   *
   * @throws dev.kindred.InvalidInput if it cannot
   */
  public static void check(
      CorpusOptions options, Optional<PlacesOptions> places, Configuration hadoop) {
    String idColumn = idColumn(places);
    if (!options.isEmbedded()) {
      Corpus.check(hadoop, options.uri(), options.format(), options.textColumn(), idColumn);
    } else if (idColumn != null) {
      throw new InvalidInput(
          "--id-column %s: the embedded corpus is one file of text; leave it out", idColumn);
    }
  }

  private static String idColumn(Optional<PlacesOptions> places) {
    return places.map(PlacesOptions::idColumn).orElse(null);
  }

  /**
   * Opens a corpus and counts it.
   *
   * @param corpora the folder of the warehouse that the embedded corpus is copied into
   * @throws dev.kindred.InvalidInput if there is no window in it, or it cannot be read
   */
  public static CorpusInput open(
      Workspace workspace,
      Warehouse warehouse,
      CorpusOptions options,
      Optional<PlacesOptions> places,
      String tokenizerJson,
      int windowLength,
      String corpora) {
    Corpus corpus =
        Corpus.open(
            workspace.spark(),
            EmbeddedCorpus.located(options.uri(), warehouse, corpora),
            options.format(),
            options.textColumn(),
            idColumn(places));
    Progress progress = workspace.progress();
    progress.begin("corpus");
    progress.expectStages(1);
    CorpusScan scan = CorpusScan.scan(corpus, tokenizerJson, windowLength);
    progress.end();
    return new CorpusInput(workspace, warehouse, corpus, scan, tokenizerJson, windowLength, places);
  }

  SparkSession spark() {
    return workspace.spark();
  }

  Progress progress() {
    return workspace.progress();
  }

  /** Returns the corpus's id. */
  public String id() {
    return scan.corpusId();
  }

  /** Returns the id of what is kept of the places of windows. */
  String placesId() {
    return scan.placesId(places.orElseThrow().kept());
  }

  /** Returns a part of the warehouse. */
  public Part part(Table table, Object... keys) {
    return warehouse.part(table, keys);
  }

  /** Returns the corpus's part of the table windows. */
  public Part windowsPart() {
    return part(Tables.WINDOWS, id());
  }

  /**
   * Checks that the places of windows are there.
   *
   * @throws InvalidInput if they are not
   */
  public void checkPlaces() {
    if (!hasPlaces()) {
      throw new InvalidInput(
          "%s is not there yet; run the command windows with the same settings first",
          part(Tables.PASSAGES, id(), placesId()).name());
    }
  }

  /** Whether the places of windows are there. */
  boolean hasPlaces() {
    return part(Tables.OCCURRENCES, id(), placesId()).isComplete()
        && part(Tables.PASSAGES, id(), placesId()).isComplete();
  }

  /**
   * Returns the corpus's windows.
   *
   * @throws dev.kindred.InvalidInput if they are not there
   */
  Dataset<Row> windows() {
    return Stages.required(windowsPart(), "windows");
  }
}
