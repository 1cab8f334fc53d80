/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model.family;

import dev.kindred.model.architecture.Activation;
import dev.kindred.model.architecture.Block;
import dev.kindred.model.architecture.Blueprint;
import dev.kindred.model.architecture.ConfigJson;
import dev.kindred.model.architecture.Embedding;
import dev.kindred.model.architecture.FeedForward.Mlp;
import dev.kindred.model.architecture.Linear;
import dev.kindred.model.architecture.Mixer.Attention;
import dev.kindred.model.architecture.Norm.LayerNorm;
import dev.kindred.model.architecture.Positions.Learned;
import dev.kindred.model.architecture.TrainedArchitecture;
import dev.kindred.model.architecture.Unembedding;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The {@code gpt} architecture: a pre-norm transformer with learned positions, ReLU or GELU
 * feed-forward networks and a tied or untied unembedding (Radford et al. 2019, with the variations
 * that {@code config.json} names). Queries, keys and values are stored as one map, in that order.
 */
final class Gpt implements TrainedArchitecture {

  @Override
  public String name() {
    return "gpt";
  }

  @Override
  public List<String> fields() {
    return List.of(
        "architecture",
        "d_vocab",
        "d_model",
        "n_layers",
        "n_heads",
        "d_mlp",
        "n_ctx",
        "activation",
        "qkv_bias",
        "attention_output_bias",
        "tied_unembedding",
        "unembedding_bias",
        "norm_epsilon");
  }

  @Override
  public Blueprint read(ConfigJson json) {
    int vocabulary = json.positiveInt("d_vocab");
    int d = json.positiveInt("d_model");
    int layers = json.positiveInt("n_layers");
    int heads = json.positiveInt("n_heads");
    int hidden = json.positiveInt("d_mlp");
    int context = json.positiveInt("n_ctx");
    Activation activation = json.oneOf("activation", List.of(Activation.RELU, Activation.GELU));
    boolean qkvBias = json.bool("qkv_bias");
    boolean outputBias = json.bool("attention_output_bias");
    boolean tied = json.bool("tied_unembedding");
    boolean unembeddingBias = json.bool("unembedding_bias");
    float epsilon = json.positive("norm_epsilon");
    if (d % heads != 0) {
      throw json.invalid("d_model %d is not divisible by n_heads %d", d, heads);
    }

    return Blueprint.of(
        d,
        context,
        Embedding.of("wte.weight", vocabulary, d, new Learned("wpe.weight", context, d, 0)),
        layers,
        i -> {
          String block = "h." + i + ".";
          Linear.Stored qkv =
              Linear.of(
                      block + "attn.qkv.weight", qkvBias ? block + "attn.qkv.bias" : null, 3 * d, d)
                  .stored();
          return Block.preNorm(
              LayerNorm.named(block + "ln_1", d, epsilon),
              Attention.plain(
                  heads,
                  d / heads,
                  qkv.rows(0, d),
                  qkv.rows(d, 2 * d),
                  qkv.rows(2 * d, 3 * d),
                  Linear.named(block + "attn.proj", outputBias, d, d)),
              LayerNorm.named(block + "ln_2", d, epsilon),
              new Mlp(
                  Linear.named(block + "mlp.fc", true, hidden, d),
                  Linear.named(block + "mlp.proj", true, d, hidden),
                  activation));
        },
        Unembedding.of(
            LayerNorm.named("ln_f", d, epsilon),
            Linear.of(
                tied ? "wte.weight" : "lm_head.weight",
                unembeddingBias ? "lm_head.bias" : null,
                vocabulary,
                d)));
  }

  /**
   * Returns a configuration with ReLU, hidden widths of 4 D, and biases but of queries, keys and
   * values.
   */
  @Override
  public ConfigJson config(Size size) {
    List<Object> values =
        List.of(
            name(),
            size.vocabulary(),
            size.dModel(),
            size.layers(),
            size.heads(),
            4 * size.dModel(),
            size.context(),
            "relu",
            false,
            true,
            false,
            true,
            1e-5);
    Map<String, Object> fields = new LinkedHashMap<>();
    for (int i = 0; i < values.size(); i++) {
      fields.put(fields().get(i), values.get(i));
    }

    return ConfigJson.of(name(), fields);
  }
}
