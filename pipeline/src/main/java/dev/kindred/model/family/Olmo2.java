/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model.family;

import dev.kindred.model.architecture.Architecture;
import dev.kindred.model.architecture.Block;
import dev.kindred.model.architecture.Block.Residual;
import dev.kindred.model.architecture.Blueprint;
import dev.kindred.model.architecture.ConfigJson;
import dev.kindred.model.architecture.Mixer.Limits;
import dev.kindred.model.architecture.Norm;
import dev.kindred.model.architecture.Positions.Rotary;
import dev.kindred.model.architecture.StoredNames;
import dev.kindred.model.family.LlamaParts.Otherwise;
import dev.kindred.model.family.Rope.Scaling;
import java.util.OptionalInt;

/**
 * OLMo 2 (OLMo team 2024): Llama with norms after both parts of a block in the place of those
 * before, and norms of all queries and all keys of a position.
 */
final class Olmo2 implements Architecture {
  @Override
  public String name() {
    return "olmo2";
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
    Rotary rotary =
        Rope.of(json, Scaling.DEFAULT, Scaling.LINEAR, Scaling.DYNAMIC).halves(parts.headWidth());
    return Blueprint.of(
        parts.d(),
        parts.context(2048),
        parts.embedding(),
        parts.layers(),
        i -> {
          String block = LlamaParts.block(i);
          return new Block(
              Norm.NONE,
              parts.attention(
                  i,
                  hasBiases,
                  hasBiases,
                  parts.norm(block + "self_attn.q_norm", parts.heads() * parts.headWidth()),
                  parts.norm(block + "self_attn.k_norm", parts.keyValueHeads() * parts.headWidth()),
                  rotary,
                  1 / Math.sqrt(parts.headWidth()),
                  Limits.NONE),
              parts.norm(block + "post_attention_layernorm"),
              Norm.NONE,
              parts.gated(i, false),
              parts.norm(block + "post_feedforward_layernorm"),
              Residual.SEQUENTIAL);
        },
        parts.unembedding(parts.norm("model.norm"), false));
  }
}
