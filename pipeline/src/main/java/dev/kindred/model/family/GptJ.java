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
import dev.kindred.model.architecture.Positions.Rotary.Pairing;
import dev.kindred.model.architecture.StoredNames;
import dev.kindred.model.architecture.Unembedding;
import java.util.Set;

/**
 * GPT-J (Wang and Komatsuzaki 2021): one norm for attention and feed-forward network, which stand
 * side by side; rotary positions of a part of each head, by neighbouring coordinates.
 */
final class GptJ implements Architecture {
  private static final double BASE = 10_000; // no field names it
  private static final int USUALLY_TURNED = 64;

  @Override
  public String name() {
    return "gptj";
  }

  @Override
  public StoredNames storedNames() {
    return HuggingFace.names(
        "transformer.", "h\\.\\d+\\.attn\\.(bias|masked_bias)", "lm_head.weight");
  }

  @Override
  public Blueprint read(ConfigJson json) {
    HuggingFace.check(json, Set.of("rotary_dim"));
    int vocabulary = json.positiveInt("vocab_size", 50400);
    int context = HuggingFace.size(json, "n_positions", "max_position_embeddings", 2048);
    int d = HuggingFace.size(json, "n_embd", "hidden_size", 4096);
    int layers = HuggingFace.size(json, "n_layer", "num_hidden_layers", 28);
    int heads = HuggingFace.size(json, "n_head", "num_attention_heads", 16);
    int hidden = json.positiveInt("n_inner", 4 * d);
    int width = HuggingFace.headWidth(json, d, heads);
    int turned =
        json.isPresent("rotary_dim") ? json.positiveInt("rotary_dim", width) : USUALLY_TURNED;
    Rope.checkWidth(json, turned, width);
    Rotary rotary = Rotary.of(turned, BASE, Pairing.NEIGHBOURS);
    float epsilon = (float) json.positive("layer_norm_epsilon", 1e-5);
    Activation activation = HuggingFace.activation(json, "activation_function", "gelu_new");
    boolean tied = json.bool("tie_word_embeddings", false);
    String table = "transformer.wte.weight";
    return Blueprint.of(
        d,
        context,
        Embedding.of(table, vocabulary, d, Positions.NONE),
        layers,
        i -> {
          String block = "transformer.h." + i + ".";
          Norm norm = LayerNorm.named(block + "ln_1", d, epsilon);
          return new Block(
              norm,
              new Attention(
                  heads,
                  heads,
                  width,
                  Linear.named(block + "attn.q_proj", false, d, d),
                  Linear.named(block + "attn.k_proj", false, d, d),
                  Linear.named(block + "attn.v_proj", false, d, d),
                  Linear.named(block + "attn.out_proj", false, d, d),
                  Norm.NONE,
                  Norm.NONE,
                  rotary,
                  1 / Math.sqrt(width),
                  Limits.NONE),
              Norm.NONE,
              norm,
              new Mlp(
                  Linear.named(block + "mlp.fc_in", true, hidden, d),
                  Linear.named(block + "mlp.fc_out", true, d, hidden),
                  activation),
              Norm.NONE,
              Residual.PARALLEL);
        },
        Unembedding.of(
            LayerNorm.named("transformer.ln_f", d, epsilon),
            Linear.of(tied ? table : storedNames().head(), "lm_head.bias", vocabulary, d)));
  }
}
