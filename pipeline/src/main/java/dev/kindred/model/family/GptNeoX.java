/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model.family;

import dev.kindred.InvalidInput;
import dev.kindred.model.architecture.Activation;
import dev.kindred.model.architecture.Block;
import dev.kindred.model.architecture.Block.Residual;
import dev.kindred.model.architecture.Blueprint;
import dev.kindred.model.architecture.Choices;
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
import dev.kindred.model.architecture.TrainedArchitecture;
import dev.kindred.model.architecture.Unembedding;
import dev.kindred.model.family.Rope.Scaling;
import java.util.Map;
import java.util.Set;

/**
 * GPT-NeoX (Black et al. 2022), as Pythia: attention and feed-forward network side by side, rotary
 * positions of a part of each head, queries, keys and values stored head by head.
 */
final class GptNeoX implements TrainedArchitecture {
  private static final double USUAL_SHARE = .25;

  @Override
  public String name() {
    return "gpt_neox";
  }

  @Override
  public StoredNames storedNames() {
    return HuggingFace.names(
        "gpt_neox.",
        "layers\\.\\d+\\.attention\\.(bias|masked_bias|rotary_emb\\.inv_freq)",
        "embed_out.weight");
  }

  @Override
  public Blueprint read(ConfigJson json) {
    HuggingFace.check(json, Rope.fields("rotary_emb_base", "rotary_pct", Rope.SHARE));
    int vocabulary = json.positiveInt("vocab_size", 50432);
    int d = json.positiveInt("hidden_size", 6144);
    int layers = json.positiveInt("num_hidden_layers", 44);
    int heads = json.positiveInt("num_attention_heads", 64);
    int hidden = json.positiveInt("intermediate_size", 24576);
    int context = json.positiveInt("max_position_embeddings", 2048);
    int width = HuggingFace.onlyHeadWidth(json, d, heads);
    float epsilon = (float) json.positive("layer_norm_eps", 1e-5);
    Activation activation = HuggingFace.activation(json, "hidden_act", "gelu");
    boolean hasBias = json.bool("attention_bias", true);
    boolean isParallel = json.bool("use_parallel_residual", true);
    boolean tied = json.bool("tie_word_embeddings", false);
    Rope rope =
        Rope.of(
                json,
                Set.of("rotary_emb_base", "rope_theta"),
                Set.of("rotary_pct"),
                Scaling.DEFAULT,
                Scaling.LINEAR,
                Scaling.DYNAMIC,
                Scaling.LLAMA3)
            .shareOtherwise(USUAL_SHARE);
    checkShare(json, rope.share());
    Rotary rotary = rope.halves(width);
    String table = "gpt_neox.embed_in.weight";
    return Blueprint.of(
        d,
        context,
        Embedding.of(table, vocabulary, d, Positions.NONE),
        layers,
        i -> {
          String block = "gpt_neox.layers." + i + ".";
          Linear.Stored qkv =
              Linear.named(block + "attention.query_key_value", hasBias, 3 * d, d).stored();
          return new Block(
              LayerNorm.named(block + "input_layernorm", d, epsilon),
              new Attention(
                  heads,
                  heads,
                  width,
                  qkv.ofHeads(heads, 3, 0),
                  qkv.ofHeads(heads, 3, 1),
                  qkv.ofHeads(heads, 3, 2),
                  Linear.named(block + "attention.dense", hasBias, d, d),
                  Norm.NONE,
                  Norm.NONE,
                  rotary,
                  1 / Math.sqrt(width),
                  Limits.NONE),
              Norm.NONE,
              LayerNorm.named(block + "post_attention_layernorm", d, epsilon),
              new Mlp(
                  Linear.named(block + "mlp.dense_h_to_4h", true, hidden, d),
                  Linear.named(block + "mlp.dense_4h_to_h", true, d, hidden),
                  activation),
              Norm.NONE,
              isParallel ? Residual.PARALLEL : Residual.SEQUENTIAL);
        },
        Unembedding.of(
            LayerNorm.named("gpt_neox.final_layer_norm", d, epsilon),
            Linear.of(tied ? table : storedNames().head(), null, vocabulary, d)));
  }

  /** Versions of transformers differ in whether they read the share under its other name. */
  private static void checkShare(ConfigJson json, double share) {
    if (json.positive(Rope.SHARE, share) != share) {
      throw json.invalid(
          "%s is %s and rotary_pct, which counts for gpt_neox, %s",
          Rope.SHARE, json.positive(Rope.SHARE, share), share);
    }
  }

  /**
   * Returns a configuration as Pythia's: parts side by side, a quarter of each head turned; where
   * nothing else is chosen, GELU, hidden widths of 4 D and an unembedding of its own.
   */
  @Override
  public ConfigJson config(Size size, Choices choices) {
    int heads = choices.heads(size.dModel(), size.heads());
    int width = size.dModel() / heads;
    if (width % 8 != 0) {
      throw new InvalidInput(
          "--heads %d: %s turns pairs of coordinates in a quarter of each head, whose width must be a"
              + " multiple of 8; in a model of width %d it is %d",
          heads, name(), size.dModel(), width);
    }

    choices.oneOf("norm", "layer");
    choices.oneOf("positions", "rotary");
    choices.oneOf("mlp", "mlp");
    boolean isTied = choices.oneOf("unembedding", "own", "tied").equals("tied");
    Map<String, Object> fields =
        HuggingFace.fields(name(), "GPTNeoXForCausalLM", size.vocabulary());
    fields.put("hidden_size", size.dModel());
    fields.put("intermediate_size", choices.number("d-mlp", 4 * size.dModel()));
    fields.put("num_hidden_layers", size.layers());
    fields.put("num_attention_heads", heads);
    fields.put("hidden_act", choices.oneOf("activation", "gelu", "relu"));
    fields.put("max_position_embeddings", size.context());
    fields.put("layer_norm_eps", 1e-5);
    fields.put("rotary_emb_base", 10_000);
    fields.put("rotary_pct", USUAL_SHARE);
    fields.put("use_parallel_residual", true);
    fields.put("attention_bias", true);
    fields.put("tie_word_embeddings", isTied);
    return ConfigJson.of(name(), fields);
  }
}
