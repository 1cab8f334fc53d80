/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.option;

import dev.kindred.jobs.option.Values.Uri;
import picocli.CommandLine.Option;

/** Which model. */
public final class ModelOptions {
  @Option(
      names = "--model",
      paramLabel = "DIR",
      converter = Uri.class,
      description = "model directory (${DEFAULT-VALUE})")
  private String model;

  public String uri() {
    return model;
  }

  /**
   * Whether the user named the model; else a run's own is taken where there is one.
   *
   * @param settings the command's
   */
  public boolean isGiven(Defaults settings) {
    return settings.isGiven("model");
  }
}
