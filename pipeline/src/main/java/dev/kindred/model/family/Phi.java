/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model.family;

import dev.kindred.model.architecture.Activation;
import dev.kindred.model.architecture.Architecture;
import dev.kindred.model.architecture.Block;
import dev.kindred.model.architecture.Block.Residual;
import dev.kindred.model.architecture.Blueprint;
import dev.kindred.model.architecture.ConfigJson;
import dev.kindred.model.architecture.Embedding;
import dev.kindred.model.architecture.FeedForward.Mlp;
import dev.kindred.model.architecture.Linear;
import dev.kindred.model.architecture.Mixer.Attention;
import dev.kindred.model.architecture.Mixer.Limits;
import dev.kindred.model.architecture.Norm;
import dev.kindred.model.architecture.Norm.LayerNorm;
import dev.kindred.model.architecture.Positions;
import dev.kindred.model.architecture.Positions.Rotary;
import dev.kindred.model.architecture.StoredNames;
import dev.kindred.model.architecture.Unembedding;
import java.util.OptionalInt;

/**
 * Phi 1, 1.5 and 2 (Gunasekar et al. 2023): one norm for attention and feed-forward network, which
 * stand side by side; rotary positions of a part of each head.
 */
final class Phi implements Architecture {
  @Override
  public String name() {
    return "phi";
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
    HuggingFace.check(json, Rope.fields(Rope.SHARE));
    HuggingFace.checkSwitch(json, "qk_layernorm", false);
    int vocabulary = json.positiveInt("vocab_size", 51200);
    int d = json.positiveInt("hidden_size", 2048);
    int hidden = json.positiveInt("intermediate_size", 8192);
    int layers = json.positiveInt("num_hidden_layers", 24);
    LayerTypes.checkFull(json, layers);
    int heads = json.positiveInt("num_attention_heads", 32);
    int keyValueHeads = HuggingFace.keyValueHeads(json, heads, HuggingFace.AS_MANY);
    int context = json.positiveInt("max_position_embeddings", 2048);
    int width = HuggingFace.onlyHeadWidth(json, d, heads);
    float epsilon = (float) json.positive("layer_norm_eps", 1e-5);
    Activation activation = HuggingFace.activation(json, "hidden_act", "gelu_new");
    boolean tied = json.bool("tie_word_embeddings", false);
    Rotary rotary = Rope.of(json).shareOtherwise(.5).halves(width);
    String table = "model.embed_tokens.weight";
    return Blueprint.of(
        d,
        context,
        Embedding.of(table, vocabulary, d, Positions.NONE),
        layers,
        i -> {
          String block = "model.layers." + i + ".";
          Norm norm = LayerNorm.named(block + "input_layernorm", d, epsilon);
          return new Block(
              norm,
              new Attention(
                  heads,
                  keyValueHeads,
                  width,
                  Linear.named(block + "self_attn.q_proj", true, d, d),
                  Linear.named(block + "self_attn.k_proj", true, keyValueHeads * width, d),
                  Linear.named(block + "self_attn.v_proj", true, keyValueHeads * width, d),
                  Linear.named(block + "self_attn.dense", true, d, d),
                  Norm.NONE,
                  Norm.NONE,
                  rotary,
                  1 / Math.sqrt(width),
                  Limits.NONE),
              Norm.NONE,
              norm,
              new Mlp(
                  Linear.named(block + "mlp.fc1", true, hidden, d),
                  Linear.named(block + "mlp.fc2", true, d, hidden),
                  activation),
              Norm.NONE,
              Residual.PARALLEL);
        },
        Unembedding.of(
            LayerNorm.named("model.final_layernorm", d, epsilon),
            Linear.of(tied ? table : storedNames().head(), "lm_head.bias", vocabulary, d)));
  }
}
