/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.option;

import dev.kindred.InvalidInput;
import picocli.CommandLine.Option;

/** What a command does that searches activations where none are kept. */
public final class RecomputeOption {
  @Option(
      names = "--recompute",
      description =
          "evaluates the model on all windows where no activations are kept (--store-activations"
              + " none)")
  private boolean isGiven;

  /**
   * Checks that a pass over the windows is wanted where one is needed.
   *
   * @param where there are no activations
   * @param duration how long a pass takes, as far as is known
   * @throws InvalidInput if it is not
   */
  public void check(String where, String duration) {
    if (!isGiven) {
      throw new InvalidInput(
          "%s: no activations are kept; --recompute evaluates the model on all windows: %s",
          where, duration);
    }
  }
}
