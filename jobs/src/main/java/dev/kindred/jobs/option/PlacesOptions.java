/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.option;

import dev.kindred.jobs.option.Values.Positive;
import picocli.CommandLine.Option;

/** What is kept of the places where windows stand. */
public final class PlacesOptions {
  private static final String NUMBER = "none";

  @Option(
      names = "--id-column",
      paramLabel = "NAME|none",
      description =
          "column with what names a row, for parquet and jsonl; none: the row's number"
              + " (${DEFAULT-VALUE})")
  private String idColumn;

  @Option(
      names = "--keep-occurrences",
      paramLabel = "N",
      converter = Positive.class,
      description = "places kept of a window that stands in many, the first (${DEFAULT-VALUE})")
  private int kept;

  /** Returns the column; null if rows are named by their numbers. */
  public String idColumn() {
    return idColumn.equals(NUMBER) ? null : idColumn;
  }

  /** Returns how many places of a window are kept, at least 1. */
  public int kept() {
    return kept;
  }
}
