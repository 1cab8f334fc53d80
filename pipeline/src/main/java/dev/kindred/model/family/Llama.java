/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model.family;

import dev.kindred.InvalidInput;
import dev.kindred.model.architecture.Blueprint;
import dev.kindred.model.architecture.Choices;
import dev.kindred.model.architecture.ConfigJson;
import dev.kindred.model.architecture.Mixer.Limits;
import dev.kindred.model.architecture.Positions.Rotary;
import dev.kindred.model.architecture.StoredNames;
import dev.kindred.model.architecture.TrainedArchitecture;
import dev.kindred.model.family.LlamaParts.Otherwise;
import java.util.Map;
import java.util.OptionalInt;

/** Llama (Touvron et al. 2023) and what was made after it, such as SmolLM2. */
final class Llama implements TrainedArchitecture {
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

  /**
   * Returns a configuration without biases; where nothing else is chosen, with as many heads of
   * keys and values as of queries, an unembedding of its own, and networks of hidden width 8 D / 3,
   * up to a multiple of 8: as many weights as networks without gates of hidden width 4 D.
   */
  @Override
  public ConfigJson config(Size size, Choices choices) {
    int heads = choices.heads(size.dModel(), size.heads());
    int width = size.dModel() / heads;
    if (width % 2 != 0) {
      throw new InvalidInput(
          "--heads %d: %s turns pairs of a head's coordinates, and heads of a model of width %d have"
              + " %d; give another number",
          heads, name(), size.dModel(), width);
    }

    int keyValueHeads = choices.number("key-value-heads", heads);
    if (heads % keyValueHeads != 0) {
      throw new InvalidInput(
          "--key-value-heads %d: does not divide --heads %d", keyValueHeads, heads);
    }

    choices.oneOf("norm", "rms");
    choices.oneOf("positions", "rotary");
    choices.oneOf("mlp", "mlp");
    boolean isTied = choices.oneOf("unembedding", "own", "tied").equals("tied");
    int hidden = (int) Math.ceil(size.dModel() / 3.) * 8;
    Map<String, Object> fields = HuggingFace.fields(name(), "LlamaForCausalLM", size.vocabulary());
    fields.put("hidden_size", size.dModel());
    fields.put("intermediate_size", choices.number("d-mlp", hidden));
    fields.put("num_hidden_layers", size.layers());
    fields.put("num_attention_heads", heads);
    fields.put("num_key_value_heads", keyValueHeads);
    fields.put("hidden_act", choices.oneOf("activation", "silu", "gelu", "relu"));
    fields.put("max_position_embeddings", size.context());
    fields.put("rms_norm_eps", 1e-5);
    fields.put("rope_theta", 10_000.);
    fields.put("attention_bias", false);
    fields.put("mlp_bias", false);
    fields.put("tie_word_embeddings", isTied);
    return ConfigJson.of(name(), fields);
  }
}
