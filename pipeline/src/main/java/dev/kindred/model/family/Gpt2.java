/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model.family;

import dev.kindred.model.architecture.Activation;
import dev.kindred.model.architecture.Architecture;
import dev.kindred.model.architecture.Block;
import dev.kindred.model.architecture.Blueprint;
import dev.kindred.model.architecture.ConfigJson;
import dev.kindred.model.architecture.Embedding;
import dev.kindred.model.architecture.FeedForward.Mlp;
import dev.kindred.model.architecture.Initialization;
import dev.kindred.model.architecture.Linear;
import dev.kindred.model.architecture.Linear.Layout;
import dev.kindred.model.architecture.Mixer.Attention;
import dev.kindred.model.architecture.Mixer.Limits;
import dev.kindred.model.architecture.Norm;
import dev.kindred.model.architecture.Norm.LayerNorm;
import dev.kindred.model.architecture.Positions;
import dev.kindred.model.architecture.Positions.Learned;
import dev.kindred.model.architecture.StoredNames;
import dev.kindred.model.architecture.Unembedding;
import java.util.Set;

/** GPT-2 (Radford et al. 2019): learned positions, linear maps stored by input. */
final class Gpt2 implements Architecture {
  private static final int LAYERS = 12;

  @Override
  public String name() {
    return "gpt2";
  }

  @Override
  public StoredNames storedNames() {
    return HuggingFace.names(
        "transformer.", "h\\.\\d+\\.attn\\.(bias|masked_bias)", "lm_head.weight");
  }

  @Override
  public Blueprint read(ConfigJson json) {
    HuggingFace.check(json, Set.of());
    int vocabulary = json.positiveInt("vocab_size", 50257);
    int context = HuggingFace.size(json, "n_positions", "max_position_embeddings", 1024);
    int d = HuggingFace.size(json, "n_embd", "hidden_size", 768);
    int layers = HuggingFace.size(json, "n_layer", "num_hidden_layers", LAYERS);
    int heads = HuggingFace.size(json, "n_head", "num_attention_heads", 12);
    int hidden = json.positiveInt("n_inner", 4 * d);
    int width = HuggingFace.headWidth(json, d, heads);
    float epsilon = (float) json.positive("layer_norm_epsilon", 1e-5);
    Activation activation = HuggingFace.activation(json, "activation_function", "gelu_new");
    double scale = json.bool("scale_attn_weights", true) ? 1 / Math.sqrt(width) : 1;
    boolean isScaledByBlock = json.bool("scale_attn_by_inverse_layer_idx", false);
    boolean tied = json.bool("tie_word_embeddings", true);
    String table = "transformer.wte.weight";
    return Blueprint.of(
        d,
        context,
        Embedding.of(table, vocabulary, d, new Learned("transformer.wpe.weight", context, d, 0)),
        layers,
        i -> {
          String block = "transformer.h." + i + ".";
          Linear.Stored qkv = linear(block + "attn.c_attn", 3 * d, d).stored();
          return Block.preNorm(
              LayerNorm.named(block + "ln_1", d, epsilon),
              new Attention(
                  heads,
                  heads,
                  width,
                  qkv.rows(0, d),
                  qkv.rows(d, 2 * d),
                  qkv.rows(2 * d, 3 * d),
                  linear(block + "attn.c_proj", d, d),
                  Norm.NONE,
                  Norm.NONE,
                  Positions.NONE,
                  isScaledByBlock ? scale / (i + 1) : scale,
                  Limits.NONE),
              LayerNorm.named(block + "ln_2", d, epsilon),
              new Mlp(
                  linear(block + "mlp.c_fc", hidden, d),
                  linear(block + "mlp.c_proj", d, hidden),
                  activation));
        },
        Unembedding.of(
            LayerNorm.named("transformer.ln_f", d, epsilon),
            Linear.of(tied ? table : storedNames().head(), null, vocabulary, d)));
  }

  /** What a block adds to the stream begins smaller, by the root of twice the number of blocks. */
  @Override
  public Initialization initialization(ConfigJson json) {
    double deviation = json.positive("initializer_range", Initialization.DEVIATION);
    int layers = HuggingFace.size(json, "n_layer", "num_hidden_layers", LAYERS);
    return tensor ->
        tensor.endsWith("c_proj.weight") ? deviation / Math.sqrt(2. * layers) : deviation;
  }

  private static Linear linear(String name, int outputs, int inputs) {
    return new Linear.Stored(name + ".weight", name + ".bias", outputs, inputs, Layout.BY_INPUT)
        .whole();
  }
}
