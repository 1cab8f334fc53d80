/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model.family;

import dev.kindred.model.architecture.Architecture;
import dev.kindred.model.architecture.Block;
import dev.kindred.model.architecture.Blueprint;
import dev.kindred.model.architecture.ConfigJson;
import dev.kindred.model.architecture.FeedForward.Gated;
import dev.kindred.model.architecture.Linear;
import dev.kindred.model.architecture.Mixer.Attention;
import dev.kindred.model.architecture.Mixer.Limits;
import dev.kindred.model.architecture.Norm;
import dev.kindred.model.architecture.Positions.Rotary;
import dev.kindred.model.architecture.StoredNames;
import dev.kindred.model.family.LlamaParts.Otherwise;
import dev.kindred.model.family.Rope.Scaling;
import java.util.OptionalInt;

/**
 * Phi-3 and Phi-4 (Abdin et al. 2024): Llama with queries, keys and values in one tensor and both
 * maps of the gated network in another; all blocks may see a window.
 */
final class Phi3 implements Architecture {
  private static final String WINDOW = "sliding_window";

  @Override
  public String name() {
    return "phi3";
  }

  @Override
  public StoredNames storedNames() {
    return LlamaParts.NAMES;
  }

  @Override
  public OptionalInt paddingToken(ConfigJson json) {
    return HuggingFace.paddingToken(json, OptionalInt.of(32000));
  }

  @Override
  public Blueprint read(ConfigJson json) {
    HuggingFace.check(json, Rope.fields(Rope.SHARE));
    LlamaParts parts =
        LlamaParts.of(json, new Otherwise(32064, 3072, 8192, 32, 32, HuggingFace.AS_MANY), 1e-5);
    int d = parts.d();
    int hidden = parts.hidden();
    int queries = parts.heads() * parts.headWidth();
    int keys = parts.keyValueHeads() * parts.headWidth();
    Rope rope =
        Rope.of(json, Scaling.DEFAULT, Scaling.LONGROPE).shareOtherwise(1).contextOtherwise(4096);
    Rotary rotary = rope.halves(parts.headWidth());
    Limits limits = json.has(WINDOW) ? LayerTypes.window(json.positiveInt(WINDOW)) : Limits.NONE;
    return Blueprint.of(
        d,
        rope.shortContext(parts.context(4096)),
        parts.embedding(),
        parts.layers(),
        i -> {
          String block = LlamaParts.block(i);
          Linear.Stored qkv =
              Linear.named(block + "self_attn.qkv_proj", false, queries + 2 * keys, d).stored();
          Linear.Stored gateAndUp =
              Linear.named(block + "mlp.gate_up_proj", false, 2 * hidden, d).stored();
          return Block.preNorm(
              parts.norm(block + "input_layernorm"),
              new Attention(
                  parts.heads(),
                  parts.keyValueHeads(),
                  parts.headWidth(),
                  qkv.rows(0, queries),
                  qkv.rows(queries, queries + keys),
                  qkv.rows(queries + keys, queries + 2 * keys),
                  Linear.named(block + "self_attn.o_proj", false, d, queries),
                  Norm.NONE,
                  Norm.NONE,
                  rotary,
                  1 / Math.sqrt(parts.headWidth()),
                  limits),
              parts.norm(block + "post_attention_layernorm"),
              new Gated(
                  gateAndUp.rows(0, hidden),
                  gateAndUp.rows(hidden, 2 * hidden),
                  Linear.named(block + "mlp.down_proj", false, d, hidden),
                  parts.activation()));
        },
        parts.unembedding(parts.norm("model.norm"), false));
  }
}
