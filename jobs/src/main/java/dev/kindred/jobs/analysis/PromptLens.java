/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.analysis;

import dev.kindred.corpus.Prompt;
import dev.kindred.corpus.Tokenizer;
import dev.kindred.jobs.report.Findings;
import dev.kindred.lens.Lens;
import dev.kindred.lens.LogitLens;
import dev.kindred.model.files.LoadedModels;
import dev.kindred.model.files.ModelDirectory;
import java.util.List;

/** A prompt through the logit lens. */
public final class PromptLens {
  private static final int AT_END = 5; // tokens shown at a prompt's end

  private PromptLens() {}

  /** Looks after each block. */
  public static Lens of(ModelDirectory model, Prompt prompt) {
    return of(model, prompt, LogitLens.Layers.BLOCKS);
  }

  static Lens of(ModelDirectory model, Prompt prompt, LogitLens.Layers layers) {
    return LogitLens.of(
        LoadedModels.stream(model),
        Tokenizer.of(model.tokenizerJson()),
        prompt.text(),
        model.input(prompt.tokenIds()),
        layers,
        AT_END);
  }

  /**
   * Returns what was seen as tables.
   *
   * @param name of the prompt, for captions
   */
  public static Findings findings(Lens lens, String name) {
    return new Findings(
        lens.text(),
        List.of(LensGrids.positions(lens, name), LensGrids.end(lens, name)),
        List.of());
  }
}
