/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.option;

import dev.kindred.jobs.option.Values.Positive;
import picocli.CommandLine.Option;

/** How long windows and prompts are. */
public final class WindowOptions {
  @Option(
      names = "--window-length",
      paramLabel = "L",
      converter = Positive.class,
      description = "tokens in a window and in a prompt (${DEFAULT-VALUE})")
  private int length;

  public int length() {
    return length;
  }
}
