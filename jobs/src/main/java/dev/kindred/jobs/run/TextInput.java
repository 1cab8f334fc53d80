/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.run;

import dev.kindred.corpus.Corpus;
import dev.kindred.jobs.option.CorpusOptions;
import dev.kindred.jobs.workspace.Workspace;
import dev.kindred.table.Warehouse;
import org.apache.hadoop.conf.Configuration;

/** A text that an analysis takes beside the model: {@code --corpus} where no run is needed. */
public final class TextInput {
  private static final String COLUMN = "text";

  private TextInput() {}

  /**
   * Checks that it can be listed.
   *
   * @throws dev.kindred.InvalidInput if it cannot
   */
  public static void check(String uri, Configuration hadoop) {
    if (!CorpusOptions.isEmbedded(uri)) {
      Corpus.check(hadoop, uri, Corpus.Format.AUTO, COLUMN, null);
    }
  }

  /**
   * Opens it.
   *
   * @param warehouse that the embedded corpus is copied into
   */
  public static Corpus open(Workspace workspace, Warehouse warehouse, String uri) {
    return Corpus.open(
        workspace.spark(),
        EmbeddedCorpus.located(uri, warehouse, CorpusInput.CORPORA),
        Corpus.Format.AUTO,
        COLUMN);
  }
}
