/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model.family;

import dev.kindred.model.architecture.Activation;
import dev.kindred.model.architecture.Block;
import dev.kindred.model.architecture.Blueprint;
import dev.kindred.model.architecture.ConfigJson;
import dev.kindred.model.architecture.Embedding;
import dev.kindred.model.architecture.FeedForward;
import dev.kindred.model.architecture.FeedForward.Mlp;
import dev.kindred.model.architecture.Linear;
import dev.kindred.model.architecture.Mixer.Attention;
import dev.kindred.model.architecture.Norm;
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
 * Its blocks may be without norms, and without networks: the models in which circuits are exact
 * (Elhage et al. 2021).
 */
final class Gpt implements TrainedArchitecture {
  private static final String NORM = "norm";
  private static final String NETWORK = "mlp";
  private static final String NONE = "none";

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
  public List<String> optionalFields() {
    return List.of(NORM, NETWORK);
  }

  @Override
  public Blueprint read(ConfigJson json) {
    int vocabulary = json.positiveInt("d_vocab");
    int d = json.positiveInt("d_model");
    int layers = json.positiveInt("n_layers");
    int heads = json.positiveInt("n_heads");
    int hidden = hidden(json);
    int context = json.positiveInt("n_ctx");
    Activation activation = json.oneOf("activation", List.of(Activation.RELU, Activation.GELU));
    boolean qkvBias = json.bool("qkv_bias");
    boolean outputBias = json.bool("attention_output_bias");
    boolean tied = json.bool("tied_unembedding");
    boolean unembeddingBias = json.bool("unembedding_bias");
    float epsilon = json.positive("norm_epsilon");
    boolean isNormed = !oneOf(json, NORM, List.of("layer", "ln", NONE)).equals(NONE);
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
              norm(isNormed, block + "ln_1", d, epsilon),
              Attention.plain(
                  heads,
                  d / heads,
                  qkv.rows(0, d),
                  qkv.rows(d, 2 * d),
                  qkv.rows(2 * d, 3 * d),
                  Linear.named(block + "attn.proj", outputBias, d, d)),
              norm(isNormed && hidden > 0, block + "ln_2", d, epsilon),
              hidden == 0
                  ? FeedForward.NONE
                  : new Mlp(
                      Linear.named(block + "mlp.fc", true, hidden, d),
                      Linear.named(block + "mlp.proj", true, d, hidden),
                      activation));
        },
        Unembedding.of(
            norm(isNormed, "ln_f", d, epsilon),
            Linear.of(
                tied ? "wte.weight" : "lm_head.weight",
                unembeddingBias ? "lm_head.bias" : null,
                vocabulary,
                d)));
  }

  /** The hidden width of networks; 0 if there are none. */
  private static int hidden(ConfigJson json) {
    if (!oneOf(json, NETWORK, List.of(NETWORK, NONE)).equals(NONE)) {
      return json.positiveInt("d_mlp");
    }

    int hidden = json.wholeNumber("d_mlp", 0);
    if (hidden > 0) {
      throw json.invalid(
          "%s is \"%s\", but d_mlp is %d; give d_mlp 0, or leave out %s",
          NETWORK, NONE, hidden, NETWORK);
    }

    return 0;
  }

  /** One of some texts; the first of them where the field is missing. */
  private static String oneOf(ConfigJson json, String field, List<String> choices) {
    String value = json.string(field, choices.get(0));
    if (!choices.contains(value)) {
      throw json.invalid(
          "%s is \"%s\", supported are %s", field, value, String.join(", ", choices));
    }

    return value;
  }

  private static Norm norm(boolean isThere, String name, int size, float epsilon) {
    return isThere ? LayerNorm.named(name, size, epsilon) : Norm.NONE;
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
