/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model.family;

import dev.kindred.model.architecture.Architecture;
import dev.kindred.model.architecture.Block;
import dev.kindred.model.architecture.Blueprint;
import dev.kindred.model.architecture.ConfigJson;
import dev.kindred.model.architecture.Mixer.Limits;
import dev.kindred.model.architecture.Norm;
import dev.kindred.model.architecture.Norm.LayerNorm;
import dev.kindred.model.architecture.Positions.Rotary;
import dev.kindred.model.architecture.StoredNames;
import dev.kindred.model.family.LlamaParts.Otherwise;
import dev.kindred.model.family.Rope.Scaling;
import java.util.OptionalInt;

/** OLMo (Groeneveld et al. 2024): Llama whose norms have no weights and are layer norms. */
final class Olmo implements Architecture {
  private static final float EPSILON = 1e-5f; // no field names it

  @Override
  public String name() {
    return "olmo";
  }

  @Override
  public StoredNames storedNames() {
    return LlamaParts.NAMES;
  }

  @Override
  public OptionalInt paddingToken(ConfigJson json) {
    return HuggingFace.paddingToken(json, OptionalInt.of(1));
  }

  @Override
  public Blueprint read(ConfigJson json) {
    HuggingFace.check(json, Rope.FIELDS);
    LlamaParts parts =
        LlamaParts.of(json, new Otherwise(50304, 4096, 11008, 32, 32, HuggingFace.AS_MANY), 1e-5);
    LayerTypes.checkFull(json, parts.layers());
    boolean hasBiases = json.bool("attention_bias", false);
    Limits limits =
        new Limits(
            Integer.MAX_VALUE,
            Double.POSITIVE_INFINITY,
            json.positive("clip_qkv", Double.POSITIVE_INFINITY));
    Rotary rotary =
        Rope.of(json, Scaling.DEFAULT, Scaling.LINEAR, Scaling.DYNAMIC).halves(parts.headWidth());
    Norm norm = new LayerNorm(null, null, parts.d(), EPSILON);
    return Blueprint.of(
        parts.d(),
        parts.context(2048),
        parts.embedding(),
        parts.layers(),
        i ->
            Block.preNorm(
                norm,
                parts.attention(i, hasBiases, hasBiases, rotary, limits),
                norm,
                parts.gated(i, false)),
        parts.unembedding(norm, false));
  }
}
