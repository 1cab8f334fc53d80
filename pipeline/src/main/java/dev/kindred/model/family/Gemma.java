/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model.family;

import dev.kindred.model.architecture.Activation;
import dev.kindred.model.architecture.Architecture;
import dev.kindred.model.architecture.Blueprint;
import dev.kindred.model.architecture.ConfigJson;
import dev.kindred.model.architecture.Mixer.Limits;
import dev.kindred.model.architecture.Positions.Rotary;
import dev.kindred.model.architecture.StoredNames;
import dev.kindred.model.family.LlamaParts.Otherwise;
import java.util.OptionalInt;

/** Gemma (Gemma team 2024): Llama with scaled embeddings and norms that multiply by 1 + weight. */
final class Gemma implements Architecture {
  @Override
  public String name() {
    return "gemma";
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
        parts(json, new Otherwise(256000, 3072, 24576, 28, 16, 16), activation(json));
    LayerTypes.checkFull(json, parts.layers());
    boolean hasBiases = json.bool("attention_bias", false);
    Rotary rotary = Rope.of(json).halves(parts.headWidth());
    return Blueprint.of(
        parts.d(),
        parts.context(8192),
        parts.scaledEmbedding(),
        parts.layers(),
        i -> parts.preNorm(i, parts.attention(i, hasBiases, hasBiases, rotary, Limits.NONE), false),
        parts.unembedding(parts.norm("model.norm"), true));
  }

  /** Heads are 256 wide where no field says otherwise, whatever D is. */
  static LlamaParts parts(ConfigJson json, Otherwise otherwise, Activation activation) {
    return LlamaParts.ofGemma(json, otherwise, 1e-6, 256, activation);
  }

  /**
   * GELU by tanh, also where the first files say "gelu": the models were trained with that
   * (huggingface/transformers pull request 29402).
   */
  private static Activation activation(ConfigJson json) {
    String field = json.has("hidden_activation") ? "hidden_activation" : "hidden_act";
    Activation found = HuggingFace.activation(json, field, "gelu_pytorch_tanh");
    return found == Activation.GELU && field.equals("hidden_act") ? Activation.GELU_TANH : found;
  }
}
