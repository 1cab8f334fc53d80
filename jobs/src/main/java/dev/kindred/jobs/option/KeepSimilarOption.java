/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.option;

import picocli.CommandLine.Option;

/** How many similar strings a table keeps. */
public final class KeepSimilarOption {
  @Option(
      names = "--keep-similar",
      paramLabel = "N|all",
      converter = Values.Kept.class,
      description = "similar strings kept for each prompt and block (${DEFAULT-VALUE})")
  private int kept;

  /** Returns the number, {@link Integer#MAX_VALUE} for all. */
  public int count() {
    return kept;
  }
}
