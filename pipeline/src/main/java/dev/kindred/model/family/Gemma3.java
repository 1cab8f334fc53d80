/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model.family;

import dev.kindred.model.architecture.Architecture;
import dev.kindred.model.architecture.Blueprint;
import dev.kindred.model.architecture.ConfigJson;
import dev.kindred.model.architecture.Mixer.Limits;
import dev.kindred.model.architecture.Positions.Rotary;
import dev.kindred.model.architecture.StoredNames;
import dev.kindred.model.family.LlamaParts.Otherwise;
import dev.kindred.model.family.Rope.Scaling;
import java.util.OptionalInt;

/**
 * The text part of Gemma 3 (Gemma team 2025): Gemma 2 with norms of each head's queries and keys in
 * the place of bounded scores, and rotary positions that are others in blocks with a window.
 */
final class Gemma3 implements Architecture {
  private static final String LOCAL_BASE = "rope_local_base_freq";

  @Override
  public String name() {
    return "gemma3_text";
  }

  @Override
  public StoredNames storedNames() {
    return LlamaParts.NAMES;
  }

  @Override
  public OptionalInt paddingToken(ConfigJson json) {
    return HuggingFace.paddingToken(json, OptionalInt.of(0));
  }

  @Override
  public Blueprint read(ConfigJson json) {
    HuggingFace.check(json, Rope.fields(LOCAL_BASE));
    if (json.has("attn_logit_softcapping")) {
      throw json.invalid("attn_logit_softcapping is not supported for gemma3_text, expected null");
    }

    LlamaParts parts =
        Gemma.parts(json, new Otherwise(262208, 2304, 9216, 26, 8, 4), Gemma2.activation(json));
    Rotary everywhere =
        Rope.ofType(json, LayerTypes.FULL, "rope_theta", true, Scaling.DEFAULT, Scaling.LINEAR)
            .baseOtherwise(1e6)
            .halves(parts.headWidth());
    Rotary near =
        Rope.ofType(json, LayerTypes.SLIDING, LOCAL_BASE, false, Scaling.DEFAULT)
            .halves(parts.headWidth());
    boolean hasBiases = json.bool("attention_bias", false);
    double scale = 1 / Math.sqrt(json.positive("query_pre_attn_scalar", 256));
    int window = Gemma2.window(json);
    int pattern = json.positiveInt("sliding_window_pattern", 6);
    boolean[] sliding = LayerTypes.areSliding(json, parts.layers(), i -> (i + 1) % pattern != 0);
    return Blueprint.of(
        parts.d(),
        parts.context(131072),
        parts.scaledEmbedding(),
        parts.layers(),
        i -> {
          String attention = LlamaParts.block(i) + "self_attn.";
          return Gemma2.block(
              parts,
              i,
              parts.attention(
                  i,
                  hasBiases,
                  hasBiases,
                  parts.norm(attention + "q_norm", parts.headWidth()),
                  parts.norm(attention + "k_norm", parts.headWidth()),
                  sliding[i] ? near : everywhere,
                  scale,
                  sliding[i] ? LayerTypes.window(window) : Limits.NONE));
        },
        parts.unembedding(
            parts.norm("model.norm"),
            true,
            json.positive("final_logit_softcapping", Double.POSITIVE_INFINITY)));
  }
}
