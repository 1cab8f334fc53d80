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

/** Llama (Touvron et al. 2023) and what was made after it, such as SmolLM2. */
final class Llama implements Architecture {
  @Override
  public String name() {
    return "llama";
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
    LlamaParts parts =
        LlamaParts.of(json, new Otherwise(32000, 4096, 11008, 32, 32, HuggingFace.AS_MANY), 1e-6);
    LayerTypes.checkFull(json, parts.layers());
    boolean hasBiases = json.bool("attention_bias", false);
    boolean hasMlpBiases = json.bool("mlp_bias", false);
    Rotary rotary = Rope.of(json).halves(parts.headWidth());
    return Blueprint.of(
        parts.d(),
        parts.context(2048),
        parts.embedding(),
        parts.layers(),
        i ->
            parts.preNorm(
                i, parts.attention(i, hasBiases, hasBiases, rotary, Limits.NONE), hasMlpBiases),
        parts.unembedding(parts.norm("model.norm"), false));
  }
}
