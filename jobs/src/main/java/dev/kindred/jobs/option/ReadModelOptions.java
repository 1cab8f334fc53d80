/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.option;

import dev.kindred.model.BlockVector;
import dev.kindred.model.Blocks;
import dev.kindred.model.files.Bos;
import dev.kindred.model.files.ModelDirectory;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Which model, and what it reads. */
public final class ReadModelOptions {
  @Mixin private ModelFolder folder;

  @Option(
      names = "--bos",
      paramLabel = "auto|yes|no",
      converter = Values.BosChoice.class,
      description =
          "whether the model reads the token that begins texts before every string"
              + " (${DEFAULT-VALUE}); auto: as tokenizer.json does")
  private Bos bos;

  public String uri() {
    return folder.uri();
  }

  /** The same options about another directory. */
  public ReadModelOptions at(String uri) {
    ReadModelOptions other = new ReadModelOptions();
    other.folder = ModelFolder.of(uri);
    other.bos = bos;
    return other;
  }

  Bos bos() {
    return bos;
  }

  /**
   * Reads the model directory, all of whose blocks count.
   *
   * @throws dev.kindred.InvalidInput if it cannot be used
   */
  public ModelDirectory read(Configuration hadoop) {
    return read("--model", folder.uri(), hadoop);
  }

  /**
   * Reads another directory, all of whose blocks count.
   *
   * @param option that names it
   * @throws dev.kindred.InvalidInput if it cannot be used
   */
  public ModelDirectory read(String option, String uri, Configuration hadoop) {
    return ModelDirectory.read(option, uri, bos, Blocks.ALL, BlockVector.FFN_OUT, hadoop);
  }

  /**
   * Describes a model of a directory's kind that was never trained.
   *
   * @param option that names the directory
   * @param texts whose words are the tokens, where there is no {@code tokenizer.json}
   * @throws dev.kindred.InvalidInput if it cannot be used
   */
  public ModelDirectory untrained(
      String option, String uri, long seed, List<String> texts, Configuration hadoop) {
    return ModelDirectory.untrained(option, uri, bos, seed, texts, hadoop);
  }

  ModelDirectory read(String blocks, BlockVector vectors, Configuration hadoop) {
    return ModelDirectory.read("--model", folder.uri(), bos, blocks, vectors, hadoop);
  }
}
