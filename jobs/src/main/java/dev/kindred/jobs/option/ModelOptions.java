/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.option;

import dev.kindred.InvalidInput;
import dev.kindred.model.BlockVector;
import dev.kindred.model.Blocks;
import dev.kindred.model.files.Bos;
import dev.kindred.model.files.ModelDirectory;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Which model, and what of it is looked at. */
public final class ModelOptions {
  @Mixin private ReadModelOptions model;

  @Option(
      names = "--blocks",
      paramLabel = "all|every:K|a,b,..",
      description =
          "transformer blocks that are looked at (${DEFAULT-VALUE}); every:4 is the last one and each"
              + " fourth before it")
  private String blocks;

  @Option(
      names = "--vectors",
      paramLabel = "ffn_out|attn_out|resid_post",
      converter = Values.BlockVectors.class,
      description =
          "what is compared of a block (${DEFAULT-VALUE}): what its feed-forward network or its"
              + " attention adds to the residual stream, or the stream after it")
  private BlockVector vectors;

  @Option(
      names = "--store-activations",
      paramLabel = "f32|f16|none",
      converter = Values.Store.class,
      description =
          "numbers that the vectors of windows are kept in (${DEFAULT-VALUE}); f16 takes half of"
              + " the disk, and similarities are of the rounded numbers; none: each join evaluates the"
              + " model again")
  private ActivationStore store;

  String uri() {
    return model.uri();
  }

  /** How the vectors of windows are kept. */
  public ActivationStore store() {
    return store;
  }

  public Bos bos() {
    return model.bos();
  }

  /**
   * Reads the model directory.
   *
   * @throws dev.kindred.InvalidInput if it cannot be used
   */
  public ModelDirectory read(Configuration hadoop) {
    ModelDirectory directory = model.read(blocks, vectors, hadoop).in(store.precision());
    if (vectors == BlockVector.FFN_OUT && !directory.blueprint().hasNetworks()) {
      throw new InvalidInput(
          "--vectors ffn_out: a block of %s has no feed-forward network; give attn_out or"
              + " resid_post",
          model.uri());
    }

    return directory;
  }

  /**
   * Checks blocks that the user named beside a run's own.
   *
   * @param settings the command's
   * @throws InvalidInput if they are others
   */
  public void checkBlocks(Defaults settings, Blocks ofRun, String runId) {
    if (settings.isGiven("blocks") && !Blocks.of(blocks, ofRun.ofModel()).equals(ofRun)) {
      throw new InvalidInput(
          "--blocks %s: run %s looks at blocks %s; leave out --blocks, or give another --run-id",
          blocks, runId, ofRun);
    }
  }

  /**
   * Returns what is compared, if the user named it; else a run's own is taken where there is one.
   *
   * @param settings the command's
   */
  public Optional<BlockVector> givenVectors(Defaults settings) {
    return settings.isGiven("vectors") ? Optional.of(vectors) : Optional.empty();
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
