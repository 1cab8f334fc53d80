/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model.family;

import static dev.kindred.model.family.OwnParts.NONE;

import dev.kindred.InvalidInput;
import dev.kindred.model.architecture.Activation;
import dev.kindred.model.architecture.Block;
import dev.kindred.model.architecture.Blueprint;
import dev.kindred.model.architecture.Choices;
import dev.kindred.model.architecture.ConfigJson;
import dev.kindred.model.architecture.Embedding;
import dev.kindred.model.architecture.Linear;
import dev.kindred.model.architecture.Mixer.Attention;
import dev.kindred.model.architecture.Mixer.Limits;
import dev.kindred.model.architecture.Norm;
import dev.kindred.model.architecture.OwnArchitecture;
import dev.kindred.model.architecture.Positions;
import dev.kindred.model.architecture.Positions.Learned;
import dev.kindred.model.architecture.Positions.Rotary;
import dev.kindred.model.architecture.Unembedding;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The {@code gpt} architecture: a pre-norm transformer with learned positions, ReLU or GELU
 * feed-forward networks and a tied or untied unembedding (Radford et al. 2019, with the variations
 * that {@code config.json} names). Queries, keys and values are stored as one map, in that order.
 * Its blocks may be without norms, and without networks, and positions may be told to queries and
 * keys alone: the models in which circuits are exact (Elhage et al. 2021).
 */
final class Gpt implements OwnArchitecture {
  private static final String NORM = "norm";
  private static final String NETWORK = "mlp";
  private static final String POSITIONS = "positions";
  private static final double ROTARY_BASE = 10_000;

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
    return List.of(NORM, NETWORK, POSITIONS);
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
    String norm = oneOf(json, NORM, List.of("layer", "ln", "rms", NONE));
    String positions = oneOf(json, POSITIONS, List.of("learned", "rotary", "qk", NONE));
    if (d % heads != 0) {
      throw json.invalid("d_model %d is not divisible by n_heads %d", d, heads);
    }

    int width = d / heads;
    if (positions.equals("rotary") && width % 2 != 0) {
      throw json.invalid("positions are rotary, but heads have the odd width %d", width);
    }

    Positions learned = new Learned("wpe.weight", context, d, 0);
    Positions ofHeads =
        switch (positions) {
          case "rotary" -> Rotary.of(width, ROTARY_BASE, Rotary.Pairing.HALVES);
          case "qk" -> learned;
          default -> Positions.NONE;
        };

    return Blueprint.of(
        d,
        context,
        Embedding.of(
            "wte.weight", vocabulary, d, positions.equals("learned") ? learned : Positions.NONE),
        layers,
        i -> {
          String block = "h." + i + ".";
          Linear.Stored qkv =
              Linear.of(
                      block + "attn.qkv.weight", qkvBias ? block + "attn.qkv.bias" : null, 3 * d, d)
                  .stored();
          return Block.preNorm(
              OwnParts.norm(norm, block + "ln_1", d, epsilon),
              new Attention(
                  heads,
                  heads,
                  width,
                  qkv.rows(0, d),
                  qkv.rows(d, 2 * d),
                  qkv.rows(2 * d, 3 * d),
                  Linear.named(block + "attn.proj", outputBias, d, d),
                  Norm.NONE,
                  Norm.NONE,
                  ofHeads,
                  1 / Math.sqrt(width),
                  Limits.NONE),
              hidden == 0 ? Norm.NONE : OwnParts.norm(norm, block + "ln_2", d, epsilon),
              OwnParts.network(block, hidden, d, activation));
        },
        Unembedding.of(
            OwnParts.norm(norm, "ln_f", d, epsilon),
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
    return json.has(field) ? json.oneOfTexts(field, choices) : choices.get(0);
  }

  /**
   * Returns a configuration with biases but of queries, keys and values; and with ReLU, hidden
   * widths of 4 D, norms of layers, learned positions and an unembedding of its own where nothing
   * else is chosen.
   */
  @Override
  public ConfigJson config(Size size, Choices choices) {
    boolean hasNetworks = choices.oneOf(NETWORK, NETWORK, NONE).equals(NETWORK);
    String norm = choices.oneOf(NORM, "layer", "rms", NONE);
    String positions = choices.oneOf(POSITIONS, "learned", "rotary", "qk", NONE);
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("architecture", name());
    fields.put("d_vocab", size.vocabulary());
    fields.put("d_model", size.dModel());
    fields.put("n_layers", size.layers());
    int heads = choices.heads(size.dModel(), size.heads());
    if (positions.equals("rotary") && size.dModel() / heads % 2 != 0) {
      throw new InvalidInput(
          "--positions rotary: heads have the odd width %d; give another --heads or --d-model",
          size.dModel() / heads);
    }

    fields.put("n_heads", heads);
    fields.put("d_mlp", hasNetworks ? choices.number("d-mlp", 4 * size.dModel()) : 0);
    fields.put("n_ctx", size.context());
    fields.put("activation", hasNetworks ? choices.oneOf("activation", "relu", "gelu") : "relu");
    fields.put("qkv_bias", false);
    fields.put("attention_output_bias", true);
    fields.put("tied_unembedding", choices.oneOf("unembedding", "own", "tied").equals("tied"));
    fields.put("unembedding_bias", true);
    fields.put("norm_epsilon", 1e-5);
    if (!norm.equals("layer")) {
      fields.put(NORM, norm);
    }

    if (!hasNetworks) {
      fields.put(NETWORK, NONE);
    }

    if (!positions.equals("learned")) {
      fields.put(POSITIONS, positions);
    }

    return ConfigJson.of(name(), fields);
  }
}
