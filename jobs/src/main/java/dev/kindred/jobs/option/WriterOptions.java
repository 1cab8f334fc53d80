/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.option;

import java.time.Duration;
import picocli.CommandLine.Option;

/** The warehouse of a command that writes into it. */
public final class WriterOptions extends WarehouseOptions {
  @Option(
      names = "--lock-wait",
      paramLabel = "SECONDS",
      converter = Values.Seconds.class,
      description = "how long to wait for another command that writes there (${DEFAULT-VALUE})")
  private Duration lockWait;

  /** Returns how long to wait for the warehouse's other writer. */
  public Duration lockWait() {
    return lockWait;
  }
}
