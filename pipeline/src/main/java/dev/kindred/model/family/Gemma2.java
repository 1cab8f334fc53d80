/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model.family;

import dev.kindred.model.architecture.Activation;
import dev.kindred.model.architecture.Architecture;
import dev.kindred.model.architecture.Block;
import dev.kindred.model.architecture.Block.Residual;
import dev.kindred.model.architecture.Blueprint;
import dev.kindred.model.architecture.ConfigJson;
import dev.kindred.model.architecture.Mixer.Attention;
import dev.kindred.model.architecture.Mixer.Limits;
import dev.kindred.model.architecture.Norm;
import dev.kindred.model.architecture.Positions.Rotary;
import dev.kindred.model.architecture.StoredNames;
import dev.kindred.model.family.LlamaParts.Otherwise;
import dev.kindred.model.family.Rope.Scaling;
import java.util.OptionalInt;

/**
 * Gemma 2 (Gemma team 2024): norms before and after both parts of a block, bounded scores and
 * logits, a window in every second block.
 */
final class Gemma2 implements Architecture {
  @Override
  public String name() {
    return "gemma2";
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
    HuggingFace.check(json, Rope.FIELDS);
    LlamaParts parts =
        Gemma.parts(json, new Otherwise(256000, 2304, 9216, 26, 8, 4), activation(json));
    Rotary rotary = Rope.of(json, Scaling.DEFAULT).halves(parts.headWidth());
    boolean hasBiases = json.bool("attention_bias", false);
    double scale = 1 / Math.sqrt(json.positive("query_pre_attn_scalar", 256));
    double scoreCap = cap(json, "attn_logit_softcapping", 50);
    int window = window(json);
    boolean[] sliding = LayerTypes.areSliding(json, parts.layers(), i -> i % 2 == 0);
    return Blueprint.of(
        parts.d(),
        parts.context(8192),
        parts.scaledEmbedding(),
        parts.layers(),
        i ->
            block(
                parts,
                i,
                parts.attention(
                    i,
                    hasBiases,
                    hasBiases,
                    Norm.NONE,
                    Norm.NONE,
                    rotary,
                    scale,
                    new Limits(
                        sliding[i] ? window : Integer.MAX_VALUE,
                        scoreCap,
                        Double.POSITIVE_INFINITY))),
        parts.unembedding(
            parts.norm("model.norm"), true, cap(json, "final_logit_softcapping", 30)));
  }

  static Block block(LlamaParts parts, int i, Attention attention) {
    String block = LlamaParts.block(i);
    return new Block(
        parts.norm(block + "input_layernorm"),
        attention,
        parts.norm(block + "post_attention_layernorm"),
        parts.norm(block + "pre_feedforward_layernorm"),
        parts.gated(i, false),
        parts.norm(block + "post_feedforward_layernorm"),
        Residual.SEQUENTIAL);
  }

  /** {@code hidden_act} beside it is never read. */
  static Activation activation(ConfigJson json) {
    if (json.isPresent("hidden_activation") && !json.has("hidden_activation")) {
      throw json.invalid("hidden_activation is null, expected gelu_pytorch_tanh");
    }

    return HuggingFace.activation(json, "hidden_activation", "gelu_pytorch_tanh");
  }

  /** A bound; null is none. */
  static double cap(ConfigJson json, String field, double absent) {
    return json.isPresent(field) ? json.positive(field, Double.POSITIVE_INFINITY) : absent;
  }

  /** Positions that blocks with a window see; null is all. */
  static int window(ConfigJson json) {
    return json.positiveInt(
        "sliding_window", json.isPresent("sliding_window") ? Integer.MAX_VALUE : 4096);
  }
}
