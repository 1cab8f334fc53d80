/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.option;

import dev.kindred.corpus.Corpus;
import dev.kindred.jobs.option.Values.CorpusFormat;
import dev.kindred.jobs.option.Values.Uri;
import picocli.CommandLine.Option;

/** Where a corpus is and how it is read. */
public final class CorpusOptions {
  /** The value of {@code --corpus} for the corpus that comes with the program. */
  public static final String EMBEDDED = "embedded";

  @Option(
      names = "--corpus",
      paramLabel = "URI",
      converter = Uri.class,
      description =
          "text to search: a file, a folder or a glob; embedded is a Dickens novel"
              + " (${DEFAULT-VALUE})")
  private String corpus;

  @Option(
      names = "--corpus-format",
      paramLabel = "auto|text|parquet|jsonl",
      converter = CorpusFormat.class,
      description = "how corpus files are read (${DEFAULT-VALUE})")
  private Corpus.Format format;

  @Option(
      names = "--text-column",
      paramLabel = "NAME",
      description = "column with a document's text, for parquet and jsonl (${DEFAULT-VALUE})")
  private String textColumn;

  public String uri() {
    return corpus;
  }

  public boolean isEmbedded() {
    return isEmbedded(corpus);
  }

  /** Whether a corpus is the one that comes with Kindred. */
  public static boolean isEmbedded(String uri) {
    return uri.equals(EMBEDDED);
  }

  public Corpus.Format format() {
    return format;
  }

  public String textColumn() {
    return textColumn;
  }
}
