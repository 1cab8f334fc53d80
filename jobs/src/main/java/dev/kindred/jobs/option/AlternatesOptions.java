/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.option;

import dev.kindred.jobs.option.Values.Uri;
import picocli.CommandLine.Option;

/** The models that a model is compared with. */
public final class AlternatesOptions {
  @Option(
      names = "--alternates",
      paramLabel = "auto|none|DIR,DIR,..",
      converter = Uri.class,
      description =
          "models trained again, as with another seed, for the noise floor (${DEFAULT-VALUE})")
  private String alternates;

  /** Returns model directories, or auto, or none. */
  public String uris() {
    return alternates;
  }
}
