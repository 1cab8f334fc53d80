/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.option;

import dev.kindred.jobs.option.Values.Positive;
import picocli.CommandLine.Option;

/** How much a task that evaluates the model takes on. */
public final class TaskOptions {
  @Option(
      names = "--windows-per-task",
      paramLabel = "N",
      converter = Positive.class,
      description = "windows that a task evaluates with the model (${DEFAULT-VALUE})")
  private int windowsPerTask;

  @Option(
      names = "--nodes-in-flight",
      paramLabel = "N",
      converter = Positive.class,
      description =
          "distinct prefixes of windows that a task evaluates at once, at most (${DEFAULT-VALUE})")
  private int nodesInFlight;

  public int windowsPerTask() {
    return windowsPerTask;
  }

  public int nodesInFlight() {
    return nodesInFlight;
  }

  /**
   * Returns how many windows a task evaluates at once: so many that they cannot have more distinct
   * prefixes than nodes-in-flight, but at least one.
   */
  public int windowsInFlight(int windowLength) {
    return Math.max(1, nodesInFlight / windowLength);
  }
}
