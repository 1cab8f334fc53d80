/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/**
 * What {@code config.json} says; the letters of {@link Gpt} in brackets.
 *
 * @param dVocab vocabulary size [V]
 * @param dModel width of the residual stream [D]
 * @param nLayers number of blocks
 * @param nHeads attention heads [H]; divides D
 * @param dMlp width of the feed-forward network [M]
 * @param nCtx longest sequence
 * @param activation of the feed-forward network
 * @param qkvBias whether queries, keys and values have a bias
 * @param attentionOutputBias whether the attention's output projection has a bias
 * @param tiedUnembedding whether the unembedding is the token embedding
 * @param unembeddingBias whether the logits have a bias
 * @param normEpsilon added to the variance in layer norms
 */
public record GptConfig(
    int dVocab,
    int dModel,
    int nLayers,
    int nHeads,
    int dMlp,
    int nCtx,
    Activation activation,
    boolean qkvBias,
    boolean attentionOutputBias,
    boolean tiedUnembedding,
    boolean unembeddingBias,
    float normEpsilon) {
  /** This architecture's name in {@code config.json}. */
  static final String ARCHITECTURE = "gpt";

  /** The name of the tensor with the final norm's factors. */
  static final String FINAL_NORM_WEIGHT = "ln_f.weight";

  /**
   * Reads the fields of {@code config.json}; a missing or impossible one is {@link
   * dev.kindred.InvalidInput}.
   */
  public static GptConfig parse(ConfigJson json) {
    GptConfig config =
        new GptConfig(
            json.positiveInt("d_vocab"),
            json.positiveInt("d_model"),
            json.positiveInt("n_layers"),
            json.positiveInt("n_heads"),
            json.positiveInt("d_mlp"),
            json.positiveInt("n_ctx"),
            json.oneOf("activation", Activation.class),
            json.bool("qkv_bias"),
            json.bool("attention_output_bias"),
            json.bool("tied_unembedding"),
            json.bool("unembedding_bias"),
            json.positive("norm_epsilon"));
    if (config.dModel % config.nHeads != 0) {
      throw json.invalid("d_model %d is not divisible by n_heads %d", config.dModel, config.nHeads);
    }

    return config;
  }

  /**
   * Checks that weights are exactly this model's. Blocks are compared first: however many a config
   * asks for, the names of no more tensors are made than the file can have.
   *
   * @throws dev.kindred.InvalidInput naming what is wrong
   */
  void check(Safetensors weights) {
    int found = weights.tensors().size();
    if (nLayers > found) {
      throw weights.invalid(
          "%d tensors are too few for n_layers %d of config.json; is either damaged?",
          found, nLayers);
    }

    weights.check(tensors());
  }

  public ModelShape shape() {
    return new ModelShape(dVocab, dModel, nLayers, nCtx);
  }

  /**
   * See {@link LanguageModel#operations}. Block 0 computes queries, keys and values once for each
   * pair of token and depth; the last block computes keys and values of all nodes, and the rest
   * only of leaves. Attention's own products are counted with the maps that they stand between.
   */
  double operations(long[] nodes) {
    double d = dModel;
    double leaves = nodes[nodes.length - 1];
    double all = 0;
    double inputs = 0;
    double attention = 0; // products of queries with keys, and of weights with values
    for (int depth = 0; depth < nodes.length; depth++) {
      all += nodes[depth];
      inputs += Math.min(nodes[depth], dVocab);
      attention += 4 * d * (depth + 1) * nodes[depth];
    }

    double ofLeaves = 4 * d * nodes.length * leaves;
    double output = 2 * d * (d + 2. * dMlp); // attention's projection, and both of the MLP
    double queryKeyValue = 6 * d * d;
    double sum = 0;
    for (int block = 0; block < nLayers; block++) {
      boolean last = block == nLayers - 1;
      if (block == 0) {
        sum += queryKeyValue * inputs;
      } else if (last) {
        sum += queryKeyValue / 3 * (2 * all + leaves);
      } else {
        sum += queryKeyValue * all;
      }

      sum += last ? output * leaves + ofLeaves : output * all + attention;
    }

    return sum + 2 * d * dVocab * leaves;
  }

  /**
   * Floating-point operations of the matrix products that training takes a token: three times those
   * of evaluating it at all positions.
   *
   * @param length T
   */
  public double trainingOperations(int length) {
    double d = dModel;
    double attention = 4 * d * length; // all pairs of positions, masked ones too
    double block = 2 * (4 * d * d + 2 * d * dMlp) + attention;
    return 3 * (nLayers * block + 2 * d * dVocab);
  }

  /** Every tensor of the model: name to shape. */
  public Map<String, long[]> tensors() {
    Map<String, long[]> shapes = new LinkedHashMap<>();
    shapes.put("wte.weight", new long[] {dVocab, dModel});
    shapes.put("wpe.weight", new long[] {nCtx, dModel});
    for (int i = 0; i < nLayers; i++) {
      String block = "h." + i + ".";
      shapes.put(block + "ln_1.weight", new long[] {dModel});
      shapes.put(block + "ln_1.bias", new long[] {dModel});
      shapes.put(block + "attn.qkv.weight", new long[] {3L * dModel, dModel});
      if (qkvBias) {
        shapes.put(block + "attn.qkv.bias", new long[] {3L * dModel});
      }

      shapes.put(block + "attn.proj.weight", new long[] {dModel, dModel});
      if (attentionOutputBias) {
        shapes.put(block + "attn.proj.bias", new long[] {dModel});
      }

      shapes.put(block + "ln_2.weight", new long[] {dModel});
      shapes.put(block + "ln_2.bias", new long[] {dModel});
      shapes.put(block + "mlp.fc.weight", new long[] {dMlp, dModel});
      shapes.put(block + "mlp.fc.bias", new long[] {dMlp});
      shapes.put(block + "mlp.proj.weight", new long[] {dModel, dMlp});
      shapes.put(block + "mlp.proj.bias", new long[] {dModel});
    }

    shapes.put(FINAL_NORM_WEIGHT, new long[] {dModel});
    shapes.put("ln_f.bias", new long[] {dModel});
    if (!tiedUnembedding) {
      shapes.put(unembedding(), new long[] {dVocab, dModel});
    }

    if (unembeddingBias) {
      shapes.put("lm_head.bias", new long[] {dVocab});
    }

    return shapes;
  }

  /** The name of the tensor with the unembedding's rows. */
  String unembedding() {
    return tiedUnembedding ? "wte.weight" : "lm_head.weight";
  }

  /** The content of {@code config.json}, which {@link #parse} reads. */
  public String toJson() {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("architecture", ARCHITECTURE);
    fields.put("d_vocab", dVocab);
    fields.put("d_model", dModel);
    fields.put("n_layers", nLayers);
    fields.put("n_heads", nHeads);
    fields.put("d_mlp", dMlp);
    fields.put("n_ctx", nCtx);
    fields.put("activation", activation.name().toLowerCase(Locale.ROOT));
    fields.put("qkv_bias", qkvBias);
    fields.put("attention_output_bias", attentionOutputBias);
    fields.put("tied_unembedding", tiedUnembedding);
    fields.put("unembedding_bias", unembeddingBias);
    fields.put("norm_epsilon", Double.parseDouble(Float.toString(normEpsilon)));
    return ConfigJson.text(fields);
  }

  /** The activation function of the feed-forward network; GELU is the exact (erf) form. */
  public enum Activation {
    RELU,
    GELU;

    /** Applies the function to {@code length} floats in place. */
    void apply(float[] x, int offset, int length) {
      if (this == RELU) {
        for (int i = offset; i < offset + length; i++) {
          x[i] = Math.max(0, x[i]);
        }
      } else {
        for (int i = offset; i < offset + length; i++) {
          x[i] = .5f * x[i] * (1 + ErrorFunction.erf(x[i] * (float) Math.sqrt(.5)));
        }
      }
    }
  }

  /** Numbers in all tensors. */
  public long parameters() {
    return tensors().values().stream()
        .mapToLong(shape -> Arrays.stream(shape).reduce(1, Math::multiplyExact))
        .sum();
  }
}
