/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.option;

import dev.kindred.InvalidInput;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** A text that is looked for in the corpus of a run. */
public final class AskedCorpusOptions {
  @Mixin private WarehouseOptions warehouse;

  @Parameters(
      paramLabel = "TEXT",
      description = "what is looked for, of any length; \\n is a line break, \\\\ a backslash")
  private String text;

  @Option(
      names = "--run-id",
      paramLabel = "ID",
      description = "id or name of the run whose corpus is read (the warehouse's last)")
  private String runId;

  @Option(names = "--json", description = "prints one JSON object")
  private boolean isJson;

  public String warehouse() {
    return warehouse.uri();
  }

  /**
   * Returns the text.
   *
   * @throws InvalidInput if an escape is none
   */
  public String text() {
    try {
      return text.translateEscapes();
    } catch (IllegalArgumentException e) {
      throw new InvalidInput(
          "%s: a backslash begins an escape such as \\n; write \\\\ for a backslash", text);
    }
  }

  /** Returns the run's id, or null. */
  public String runId() {
    return runId;
  }

  public boolean isJson() {
    return isJson;
  }
}
