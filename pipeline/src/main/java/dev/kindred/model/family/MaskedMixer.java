/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model.family;

import static dev.kindred.model.family.OwnParts.NONE;

import dev.kindred.model.architecture.Activation;
import dev.kindred.model.architecture.Block;
import dev.kindred.model.architecture.Blueprint;
import dev.kindred.model.architecture.Choices;
import dev.kindred.model.architecture.ConfigJson;
import dev.kindred.model.architecture.Embedding;
import dev.kindred.model.architecture.Initialization;
import dev.kindred.model.architecture.Linear;
import dev.kindred.model.architecture.Mixer.Masked;
import dev.kindred.model.architecture.Mixer.Triangle;
import dev.kindred.model.architecture.Norm;
import dev.kindred.model.architecture.OwnArchitecture;
import dev.kindred.model.architecture.Positions;
import dev.kindred.model.architecture.Tensor;
import dev.kindred.model.architecture.Unembedding;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * Masked mixers (Badger 2024): transformers whose attention is replaced by weights between
 * positions that training finds once for all texts. There are no positions in the stream, and no
 * final norm. The field {@code mixing} is {@code flat}, one matrix; {@code expanded}, two with an
 * activation between them; {@code parallel}, several whose results are added; or {@code heads}, one
 * for each share of the coordinates, between two linear maps.
 */
final class MaskedMixer implements OwnArchitecture {
  private static final String MIXING = "mixing";
  private static final String NETWORK = "mlp";
  private static final String EXPANSION = "expansion";
  private static final String BRANCHES = "branches";
  private static final String BRANCH_ACTIVATION = "branch_activation";
  private static final String HEADS = "n_heads";

  /** The fields that one kind of mixing has alone. */
  private static final Map<String, String> MIXING_OF_FIELD =
      Map.of(
          EXPANSION, "expanded",
          BRANCHES, "parallel",
          BRANCH_ACTIVATION, "parallel",
          HEADS, "heads");

  private static final List<Activation> ACTIVATIONS = List.of(Activation.RELU, Activation.GELU);

  /** More rows than this have no matrix that could be stored. */
  private static final int MOST = 1 << 10;

  @Override
  public String name() {
    return "mixer";
  }

  @Override
  public List<String> fields() {
    return List.of(
        "architecture",
        "d_vocab",
        "d_model",
        "n_layers",
        "n_ctx",
        "d_mlp",
        "activation",
        "norm",
        "norm_epsilon",
        NETWORK,
        MIXING);
  }

  @Override
  public List<String> optionalFields() {
    return List.of(EXPANSION, BRANCHES, BRANCH_ACTIVATION, HEADS);
  }

  @Override
  public Blueprint read(ConfigJson json) {
    int vocabulary = json.positiveInt("d_vocab");
    int d = json.positiveInt("d_model");
    int layers = json.positiveInt("n_layers");
    int context = json.positiveInt("n_ctx");
    boolean hasNetwork = json.bool(NETWORK);
    int hidden = hasNetwork ? json.positiveInt("d_mlp") : json.wholeNumber("d_mlp", 0);
    Activation activation = json.oneOf("activation", ACTIVATIONS);
    String norm = json.oneOfTexts("norm", List.of("layer", "rms", NONE));
    float epsilon = json.positive("norm_epsilon");
    String mixing = json.oneOfTexts(MIXING, List.of("flat", "expanded", "parallel", "heads"));
    MIXING_OF_FIELD.forEach(
        (field, its) -> {
          if (json.has(field) && !its.equals(mixing)) {
            throw json.invalid("%s is of mixing \"%s\", not \"%s\"", field, its, mixing);
          }
        });
    Mixing mixers = mixing(json, mixing, d, context);
    return Blueprint.of(
        d,
        context,
        Embedding.of("wte.weight", vocabulary, d, Positions.NONE),
        layers,
        i -> {
          String block = "h." + i + ".";
          return Block.preNorm(
              OwnParts.norm(norm, block + "ln_1", d, epsilon),
              mixers.of(block + "mix."),
              hasNetwork ? OwnParts.norm(norm, block + "ln_2", d, epsilon) : Norm.NONE,
              OwnParts.network(block, hasNetwork ? hidden : 0, d, activation));
        },
        Unembedding.of(Norm.NONE, Linear.of("lm_head.weight", null, vocabulary, d)));
  }

  /** How the blocks of a model mix. */
  @FunctionalInterface
  private interface Mixing {
    /**
     * The mixer of a block.
     *
     * @param name what the names of its tensors begin with
     */
    Masked of(String name);
  }

  private static Mixing mixing(ConfigJson json, String kind, int d, int context) {
    return switch (kind) {
      case "expanded" -> {
        int expansion = atMost(json, EXPANSION, MOST);
        yield name ->
            new Masked(
                null,
                triangle(name + "up.", context, 0, expansion, 1, Activation.GELU),
                List.of(triangle(name + "down.", context, 0, 1, expansion, null)),
                null,
                d);
      }
      case "parallel" -> {
        int branches = atMost(json, BRANCHES, MOST);
        boolean isPlain = json.oneOfTexts(BRANCH_ACTIVATION, List.of(NONE, "gelu")).equals(NONE);
        Activation activation = isPlain ? null : Activation.GELU;
        yield name ->
            new Masked(
                null,
                null,
                IntStream.range(0, branches)
                    .mapToObj(j -> triangle(name + j + ".", context, 0, 1, 1, activation))
                    .toList(),
                null,
                d);
      }
      case "heads" -> {
        int heads = json.positiveInt(HEADS);
        if (d % heads != 0) {
          throw json.invalid("d_model %d is not divisible by %s %d", d, HEADS, heads);
        }

        yield name ->
            new Masked(
                Linear.named(name + "in", true, d, d),
                null,
                List.of(triangle(name, context, heads, 1, 1, null)),
                Linear.named(name + "out", true, d, d),
                d);
      }
      default -> name -> Masked.flat(triangle(name, context, 0, 1, 1, null), d);
    };
  }

  private static int atMost(ConfigJson json, String field, int most) {
    int value = json.positiveInt(field);
    if (value > most) {
      throw json.invalid("%s is %d, expected at most %d", field, value, most);
    }

    return value;
  }

  private static Triangle triangle(
      String name, int context, int heads, int rows, int columns, Activation activation) {
    return new Triangle(name + "weight", name + "bias", context, heads, rows, columns, activation);
  }

  /**
   * Vectors of tokens are normal with deviation 1; weights and biases of a map of n inputs, or of a
   * matrix of n columns, are uniform between -1 / sqrt(n) and 1 / sqrt(n): what PyTorch begins
   * with, and so the published mixers.
   */
  @Override
  public Initialization initialization(ConfigJson config) {
    Map<String, long[]> shapes = read(config).tensors();
    return new Initialization() {
      @Override
      public double deviation(String tensor) {
        return 1;
      }

      @Override
      public void begin(Tensor tensor, SplittableRandom random, float[] values) {
        long[] ofWeight = shapes.get(tensor.name().replaceAll("\\.bias$", ".weight"));
        if (ofWeight.length == 1 || tensor.name().equals("wte.weight")) {
          Initialization.super.begin(tensor, random, values);
          return;
        }

        double bound = 1 / Math.sqrt(ofWeight[ofWeight.length - 1]);
        for (int i = 0; i < values.length; i++) {
          values[i] = (float) (bound * (2 * random.nextDouble() - 1));
        }
      }
    };
  }

  /**
   * Returns a configuration with one flat matrix, networks with GELU and hidden widths of 4 D, and
   * norms of layers, where nothing else is chosen; parallel mixing has two matrices without an
   * activation, and expanded mixing two vectors a position.
   */
  @Override
  public ConfigJson config(Size size, Choices choices) {
    boolean hasNetworks = choices.oneOf(NETWORK, NETWORK, NONE).equals(NETWORK);
    String mixing = choices.oneOf(MIXING, "flat", "expanded", "parallel", "heads");
    choices.oneOf("positions", NONE);
    choices.oneOf("unembedding", "own");
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("architecture", name());
    fields.put("d_vocab", size.vocabulary());
    fields.put("d_model", size.dModel());
    fields.put("n_layers", size.layers());
    fields.put("n_ctx", size.context());
    fields.put("d_mlp", hasNetworks ? choices.number("d-mlp", 4 * size.dModel()) : 0);
    fields.put("activation", hasNetworks ? choices.oneOf("activation", "gelu", "relu") : "gelu");
    fields.put("norm", choices.oneOf("norm", "layer", "rms", NONE));
    fields.put("norm_epsilon", 1e-5);
    fields.put(NETWORK, hasNetworks);
    fields.put(MIXING, mixing);
    switch (mixing) {
      case "expanded" -> fields.put(EXPANSION, choices.number(EXPANSION, 2, MOST));
      case "parallel" -> {
        fields.put(BRANCHES, choices.number(BRANCHES, 2, MOST));
        fields.put(BRANCH_ACTIVATION, choices.oneOf("branch-activation", NONE, "gelu"));
      }
      case "heads" -> fields.put(HEADS, choices.heads(size.dModel(), size.heads()));
      default -> {}
    }

    return ConfigJson.of(name(), fields);
  }
}
