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
import dev.kindred.model.architecture.Initialization;
import dev.kindred.model.architecture.Linear;
import dev.kindred.model.architecture.Mixer.Attention;
import dev.kindred.model.architecture.Norm;
import dev.kindred.model.architecture.Norm.LayerNorm;
import dev.kindred.model.architecture.Positions.Learned;
import dev.kindred.model.architecture.StoredNames;
import dev.kindred.model.architecture.Unembedding;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * OPT (Zhang et al. 2022): learned positions whose table begins with two other rows; norms before
 * both parts of a block, or after each sum; embeddings may be narrower than the residual stream.
 */
final class Opt implements Architecture {
  private static final int OFFSET = 2;
  private static final float EPSILON = 1e-5f; // PyTorch's own; no field names it
  private static final String PREFIX = "model.decoder.";

  @Override
  public String name() {
    return "opt";
  }

  @Override
  public StoredNames storedNames() {
    return new StoredNames(List.of(PREFIX, "model."), Pattern.compile("(?!)"), "lm_head.weight");
  }

  @Override
  public Initialization initialization(ConfigJson json) {
    double deviation = json.positive("init_std", Initialization.DEVIATION);
    return tensor -> deviation;
  }

  @Override
  public OptionalInt paddingToken(ConfigJson json) {
    return HuggingFace.paddingToken(json, OptionalInt.of(1));
  }

  @Override
  public Blueprint read(ConfigJson json) {
    HuggingFace.check(json, Set.of());
    HuggingFace.checkSwitch(json, "enable_bias", true);
    HuggingFace.checkSwitch(json, "layer_norm_elementwise_affine", true);
    HuggingFace.checkSwitch(json, "_remove_final_layer_norm", false);
    int vocabulary = json.positiveInt("vocab_size", 50272);
    int d = json.positiveInt("hidden_size", 768);
    int hidden = json.positiveInt("ffn_dim", 3072);
    int layers = json.positiveInt("num_hidden_layers", 12);
    int heads = json.positiveInt("num_attention_heads", 12);
    int context = json.positiveInt("max_position_embeddings", 2048);
    int width = json.positiveInt("word_embed_proj_dim", d);
    int headWidth = HuggingFace.headWidth(json, d, heads);
    Activation activation = HuggingFace.activation(json, "activation_function", "relu");
    boolean isBefore = json.bool("do_layer_norm_before", true);
    boolean tied = json.bool("tie_word_embeddings", true);
    String table = PREFIX + "embed_tokens.weight";
    return Blueprint.of(
        d,
        context,
        new Embedding(
            table,
            vocabulary,
            width,
            1,
            width == d ? null : Linear.named(PREFIX + "project_in", false, d, width),
            new Learned(PREFIX + "embed_positions.weight", context + OFFSET, d, OFFSET),
            Norm.NONE),
        layers,
        i -> {
          String block = PREFIX + "layers." + i + ".";
          Norm ofAttention = LayerNorm.named(block + "self_attn_layer_norm", d, EPSILON);
          Norm ofNetwork = LayerNorm.named(block + "final_layer_norm", d, EPSILON);
          return new Block(
              isBefore ? ofAttention : Norm.NONE,
              Attention.plain(
                  heads,
                  headWidth,
                  Linear.named(block + "self_attn.q_proj", true, d, d),
                  Linear.named(block + "self_attn.k_proj", true, d, d),
                  Linear.named(block + "self_attn.v_proj", true, d, d),
                  Linear.named(block + "self_attn.out_proj", true, d, d)),
              isBefore ? Norm.NONE : ofAttention,
              isBefore ? ofNetwork : Norm.NONE,
              new Mlp(
                  Linear.named(block + "fc1", true, hidden, d),
                  Linear.named(block + "fc2", true, d, hidden),
                  activation),
              isBefore ? Norm.NONE : ofNetwork,
              isBefore ? Residual.SEQUENTIAL : Residual.NORMED_SUM);
        },
        new Unembedding(
            isBefore ? LayerNorm.named(PREFIX + "final_layer_norm", d, EPSILON) : Norm.NONE,
            width == d ? null : Linear.named(PREFIX + "project_out", false, width, d),
            Linear.of(tied ? table : storedNames().head(), null, vocabulary, width),
            Double.POSITIVE_INFINITY));
  }
}
