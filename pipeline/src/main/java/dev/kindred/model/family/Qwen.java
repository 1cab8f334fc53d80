/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model.family;

import dev.kindred.model.architecture.Architecture;
import dev.kindred.model.architecture.Blueprint;
import dev.kindred.model.architecture.ConfigJson;
import dev.kindred.model.architecture.Mixer.Limits;
import dev.kindred.model.architecture.Norm;
import dev.kindred.model.architecture.Positions.Rotary;
import dev.kindred.model.architecture.StoredNames;
import dev.kindred.model.family.LlamaParts.Otherwise;
import java.util.OptionalInt;

/**
 * Qwen2 (Yang et al. 2024) and Qwen3 (Yang et al. 2025): Llama with biases of queries, keys and
 * values, or with norms of each head's queries and keys; late blocks may see a window.
 */
final class Qwen implements Architecture {
  private final boolean isThird;

  Qwen(boolean isThird) {
    this.isThird = isThird;
  }

  @Override
  public String name() {
    return isThird ? "qwen3" : "qwen2";
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
    Otherwise otherwise = new Otherwise(151936, 4096, 22016, 32, 32, 32);
    LlamaParts parts =
        isThird ? LlamaParts.of(json, otherwise, 1e-6, 128) : LlamaParts.of(json, otherwise, 1e-6);
    int headWidth = parts.headWidth();
    boolean hasBiases = !isThird || json.bool("attention_bias", false);
    Rotary rotary = Rope.of(json).halves(headWidth);
    boolean[] sliding = sliding(json, parts.layers());
    int window = json.positiveInt("sliding_window", 4096);
    return Blueprint.of(
        parts.d(),
        parts.context(32768),
        parts.embedding(),
        parts.layers(),
        i -> {
          String attention = LlamaParts.block(i) + "self_attn.";
          return parts.preNorm(
              i,
              parts.attention(
                  i,
                  hasBiases,
                  isThird && hasBiases,
                  isThird ? parts.norm(attention + "q_norm", headWidth) : Norm.NONE,
                  isThird ? parts.norm(attention + "k_norm", headWidth) : Norm.NONE,
                  rotary,
                  1 / Math.sqrt(headWidth),
                  sliding[i] ? LayerTypes.window(window) : Limits.NONE),
              false);
        },
        parts.unembedding(parts.norm("model.norm"), false));
  }

  /** No block, unless the configuration uses windows; then those from a block on. */
  private static boolean[] sliding(ConfigJson json, int layers) {
    int from = json.wholeNumber("max_window_layers", 28);
    boolean[] sliding = LayerTypes.areSliding(json, layers, i -> i >= from);
    boolean isUsed =
        json.bool("use_sliding_window", false)
            && !(json.isPresent("sliding_window") && !json.has("sliding_window"));
    return isUsed ? sliding : new boolean[layers];
  }
}
