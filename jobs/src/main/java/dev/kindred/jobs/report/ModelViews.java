/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.report;

import dev.kindred.corpus.Tokenizer;
import dev.kindred.geometry.TipToTail;
import dev.kindred.lens.Lens;
import dev.kindred.lens.LogitLens;
import dev.kindred.model.ResidualStream;
import dev.kindred.model.files.LoadedModels;
import dev.kindred.model.files.ModelDirectory;

/** What a report looks up in the model itself, for the few prompts that it shows. */
final class ModelViews {
  private static final int LENS_AT_END = 5;
  private static final long SEED = 144_223_232; // the study's

  private final ModelDirectory directory;

  ModelViews(ModelDirectory directory) {
    this.directory = directory;
  }

  /** The prompt through the logit lens, after each block. */
  Lens lens(String prompt) {
    return LogitLens.of(model(), tokenizer(), prompt, LogitLens.Layers.BLOCKS, LENS_AT_END);
  }

  /** The prompt's vectors in the plane. */
  PromptPlane plane(String prompt) {
    int[] tokenIds = tokenizer().encode(prompt);
    return new PromptPlane(
        prompt,
        PlanePicture.of(
            TipToTail.of(model(), tokenIds, TipToTail.Attention.DRAWN, SEED),
            TipToTail.of(model(), tokenIds, TipToTail.Attention.LEFT_OUT, SEED)));
  }

  Tokenizer tokenizer() {
    return Tokenizer.of(directory.tokenizerJson());
  }

  private ResidualStream model() {
    return LoadedModels.stream(directory);
  }
}
