/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.option;

import dev.kindred.jobs.option.Values.Uri;
import dev.kindred.model.files.Bos;
import dev.kindred.model.files.ModelDirectory;
import org.apache.hadoop.conf.Configuration;
import picocli.CommandLine.Option;

/** Which model. */
public final class ModelOptions {
  @Option(
      names = "--model",
      paramLabel = "DIR",
      converter = Uri.class,
      description = "model directory (${DEFAULT-VALUE})")
  private String model;

  @Option(
      names = "--bos",
      paramLabel = "auto|yes|no",
      converter = Values.BosChoice.class,
      description =
          "whether the model reads the token that begins texts before every string"
              + " (${DEFAULT-VALUE}); auto: as tokenizer.json does")
  private Bos bos;

  @Option(
      names = "--blocks",
      paramLabel = "all|every:K|a,b,..",
      description =
          "transformer blocks that are looked at (${DEFAULT-VALUE}); every:4 is the last one and each"
              + " fourth before it")
  private String blocks;

  public String uri() {
    return model;
  }

  public Bos bos() {
    return bos;
  }

  public String blocks() {
    return blocks;
  }

  /**
   * Reads the model directory.
   *
   * @throws dev.kindred.InvalidInput if it cannot be used
   */
  public ModelDirectory read(Configuration hadoop) {
    return ModelDirectory.read("--model", model, bos, blocks, hadoop);
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
