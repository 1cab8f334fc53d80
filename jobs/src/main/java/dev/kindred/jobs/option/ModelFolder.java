/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.option;

import dev.kindred.jobs.option.Values.Uri;
import picocli.CommandLine.Option;

/** Where a model is. */
public final class ModelFolder {
  @Option(
      names = "--model",
      paramLabel = "DIR",
      converter = Uri.class,
      description = "model directory (${DEFAULT-VALUE})")
  private String model;

  static ModelFolder of(String uri) {
    ModelFolder folder = new ModelFolder();
    folder.model = uri;
    return folder;
  }

  public String uri() {
    return model;
  }
}
