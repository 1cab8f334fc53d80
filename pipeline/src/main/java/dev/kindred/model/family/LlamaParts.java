/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model.family;

import dev.kindred.model.architecture.Activation;
import dev.kindred.model.architecture.Block;
import dev.kindred.model.architecture.ConfigJson;
import dev.kindred.model.architecture.Embedding;
import dev.kindred.model.architecture.FeedForward;
import dev.kindred.model.architecture.FeedForward.Gated;
import dev.kindred.model.architecture.Linear;
import dev.kindred.model.architecture.Mixer.Attention;
import dev.kindred.model.architecture.Mixer.Limits;
import dev.kindred.model.architecture.Norm;
import dev.kindred.model.architecture.Norm.RmsNorm;
import dev.kindred.model.architecture.Positions;
import dev.kindred.model.architecture.StoredNames;
import dev.kindred.model.architecture.Unembedding;

/**
 * The parts that Llama shares with the families after it, by the names of their checkpoints.
 * Letters as in {@link Attention}.
 *
 * @param vocabulary V
 * @param d D
 * @param heads H
 * @param keyValueHeads G
 * @param headWidth E
 * @param hidden M
 * @param epsilon of norms
 * @param addedToNorms what norms add to their weights
 */
record LlamaParts(
    ConfigJson json,
    int vocabulary,
    int d,
    int layers,
    int heads,
    int keyValueHeads,
    int headWidth,
    int hidden,
    Activation activation,
    float epsilon,
    float addedToNorms) {
  static final StoredNames NAMES =
      HuggingFace.names(
          "model.",
          "(layers\\.\\d+\\.self_attn\\.)?rotary_emb\\.(inv_freq|cos_cached|sin_cached)",
          "lm_head.weight");

  private static final String HEAD_WIDTH = "head_dim";

  /** Sizes where {@code config.json} does not name them. */
  record Otherwise(int vocabulary, int d, int hidden, int layers, int heads, int keyValueHeads) {}

  /**
   * The sizes of a {@code config.json}, its activation silu, and norms without an addition. Heads
   * divide D where no field names their width.
   */
  static LlamaParts of(ConfigJson json, Otherwise otherwise, double epsilon) {
    int heads = heads(json, otherwise);
    int headWidth =
        json.has(HEAD_WIDTH)
            ? json.positiveInt(HEAD_WIDTH)
            : HuggingFace.headWidth(json, d(json, otherwise), heads);
    return of(json, otherwise, headWidth, silu(json), epsilon, 0);
  }

  /** Reads the parts; heads have the width {@code headWidth} where no field names one. */
  static LlamaParts of(ConfigJson json, Otherwise otherwise, double epsilon, int headWidth) {
    return of(json, otherwise, json.positiveInt(HEAD_WIDTH, headWidth), silu(json), epsilon, 0);
  }

  /** Reads Gemma's parts: heads of their own width, and norms that add 1 to their weights. */
  static LlamaParts ofGemma(
      ConfigJson json, Otherwise otherwise, double epsilon, int headWidth, Activation activation) {
    return of(json, otherwise, json.positiveInt(HEAD_WIDTH, headWidth), activation, epsilon, 1);
  }

  private static LlamaParts of(
      ConfigJson json,
      Otherwise otherwise,
      int headWidth,
      Activation activation,
      double epsilon,
      float addedToNorms) {
    int heads = heads(json, otherwise);
    return new LlamaParts(
        json,
        json.positiveInt("vocab_size", otherwise.vocabulary),
        d(json, otherwise),
        json.positiveInt("num_hidden_layers", otherwise.layers),
        heads,
        HuggingFace.keyValueHeads(json, heads, otherwise.keyValueHeads),
        headWidth,
        json.positiveInt("intermediate_size", otherwise.hidden),
        activation,
        (float) json.positive("rms_norm_eps", epsilon),
        addedToNorms);
  }

  private static int d(ConfigJson json, Otherwise otherwise) {
    return json.positiveInt("hidden_size", otherwise.d);
  }

  private static int heads(ConfigJson json, Otherwise otherwise) {
    return json.positiveInt("num_attention_heads", otherwise.heads);
  }

  private static Activation silu(ConfigJson json) {
    return HuggingFace.activation(json, "hidden_act", "silu");
  }

  static String block(int i) {
    return "model.layers." + i + ".";
  }

  Embedding embedding() {
    return Embedding.of("model.embed_tokens.weight", vocabulary, d, Positions.NONE);
  }

  /** Rows times sqrt(D). */
  Embedding scaledEmbedding() {
    return new Embedding(
        "model.embed_tokens.weight", vocabulary, d, Math.sqrt(d), null, Positions.NONE, Norm.NONE);
  }

  Norm norm(String name) {
    return norm(name, d);
  }

  Norm norm(String name, int size) {
    return new RmsNorm(name + ".weight", size, epsilon, addedToNorms);
  }

  /**
   * Attention whose products are divided by sqrt(E).
   *
   * @param hasBiases of queries, keys and values
   * @param hasOutputBias of what mixes heads
   */
  Attention attention(
      int i, boolean hasBiases, boolean hasOutputBias, Positions positions, Limits limits) {
    return attention(
        i,
        hasBiases,
        hasOutputBias,
        Norm.NONE,
        Norm.NONE,
        positions,
        1 / Math.sqrt(headWidth),
        limits);
  }

  /** The same, with norms of queries and keys and another factor of their products. */
  Attention attention(
      int i,
      boolean hasBiases,
      boolean hasOutputBias,
      Norm queryNorm,
      Norm keyNorm,
      Positions positions,
      double scale,
      Limits limits) {
    String name = block(i) + "self_attn.";
    return new Attention(
        heads,
        keyValueHeads,
        headWidth,
        Linear.named(name + "q_proj", hasBiases, heads * headWidth, d),
        Linear.named(name + "k_proj", hasBiases, keyValueHeads * headWidth, d),
        Linear.named(name + "v_proj", hasBiases, keyValueHeads * headWidth, d),
        Linear.named(name + "o_proj", hasOutputBias, d, heads * headWidth),
        queryNorm,
        keyNorm,
        positions,
        scale,
        limits);
  }

  FeedForward gated(int i, boolean hasBiases) {
    String name = block(i) + "mlp.";
    return new Gated(
        Linear.named(name + "gate_proj", hasBiases, hidden, d),
        Linear.named(name + "up_proj", hasBiases, hidden, d),
        Linear.named(name + "down_proj", hasBiases, d, hidden),
        activation);
  }

  /** A block with norms before attention and before the gated network. */
  Block preNorm(int i, Attention attention, boolean hasMlpBiases) {
    return Block.preNorm(
        norm(block(i) + "input_layernorm"),
        attention,
        norm(block(i) + "post_attention_layernorm"),
        gated(i, hasMlpBiases));
  }

  /** The end, tied where {@code tie_word_embeddings} says so. */
  Unembedding unembedding(Norm norm, boolean tiedOtherwise) {
    return unembedding(norm, tiedOtherwise, Double.POSITIVE_INFINITY);
  }

  Unembedding unembedding(Norm norm, boolean tiedOtherwise, double cap) {
    boolean tied = json.bool("tie_word_embeddings", tiedOtherwise);
    return new Unembedding(
        norm, null, Linear.of(tied ? embedding().table() : NAMES.head(), null, vocabulary, d), cap);
  }

  int context(int otherwise) {
    return json.positiveInt("max_position_embeddings", otherwise);
  }
}
