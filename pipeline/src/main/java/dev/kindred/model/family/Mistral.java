/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model.family;

import dev.kindred.model.architecture.Architecture;
import dev.kindred.model.architecture.Blueprint;
import dev.kindred.model.architecture.ConfigJson;
import dev.kindred.model.architecture.Mixer.Limits;
import dev.kindred.model.architecture.Positions.Rotary;
import dev.kindred.model.architecture.StoredNames;
import dev.kindred.model.family.LlamaParts.Otherwise;
import java.util.OptionalInt;

/** Mistral (Jiang et al. 2023): Llama whose blocks may all see a window. */
final class Mistral implements Architecture {
  private static final String WINDOW = "sliding_window";

  @Override
  public String name() {
    return "mistral";
  }

  @Override
  public StoredNames storedNames() {
    return LlamaParts.NAMES;
  }

  @Override
  public OptionalInt paddingToken(ConfigJson json) {
    return HuggingFace.paddingToken(json, OptionalInt.empty());
  }

  @Override
  public Blueprint read(ConfigJson json) {
    HuggingFace.check(json, Rope.FIELDS);
    LlamaParts parts = LlamaParts.of(json, new Otherwise(32000, 4096, 14336, 32, 32, 8), 1e-6);
    Limits limits =
        json.isPresent(WINDOW) && !json.has(WINDOW)
            ? Limits.NONE
            : LayerTypes.window(json.positiveInt(WINDOW, 4096));
    Rotary rotary = Rope.of(json).halves(parts.headWidth());
    return Blueprint.of(
        parts.d(),
        parts.context(131072),
        parts.embedding(),
        parts.layers(),
        i -> parts.preNorm(i, parts.attention(i, false, false, rotary, limits), false),
        parts.unembedding(parts.norm("model.norm"), false));
  }
}
