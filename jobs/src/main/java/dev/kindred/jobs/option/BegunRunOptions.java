/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.option;

import picocli.CommandLine.Option;

/** The run that a command goes on with. */
public final class BegunRunOptions {
  @Option(
      names = "--run-id",
      paramLabel = "ID",
      required = true,
      description = "the run, as the command similar or run printed it")
  private String runId;

  public String id() {
    return runId;
  }
}
