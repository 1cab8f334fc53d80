/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model.family;

import com.fasterxml.jackson.databind.JsonNode;
import dev.kindred.model.architecture.Activation;
import dev.kindred.model.architecture.Architecture;
import dev.kindred.model.architecture.Block;
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
import dev.kindred.model.architecture.Positions.Learned;
import dev.kindred.model.architecture.StoredNames;
import dev.kindred.model.architecture.Unembedding;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * GPT-Neo (Black et al. 2021): blocks that see everything or a window, by turns; products of
 * queries and keys as they are.
 */
final class GptNeo implements Architecture {
  private static final String KINDS = "attention_layers";
  private static final String REPEATED_KINDS = "attention_types";
  private static final String EVERYTHING = "global";
  private static final String WINDOW = "local";

  @Override
  public String name() {
    return "gpt_neo";
  }

  @Override
  public StoredNames storedNames() {
    return HuggingFace.names(
        "transformer.", "h\\.\\d+\\.attn\\.attention\\.(bias|masked_bias)", "lm_head.weight");
  }

  @Override
  public Blueprint read(ConfigJson json) {
    HuggingFace.check(json, Set.of());
    int vocabulary = json.positiveInt("vocab_size", 50257);
    int context = json.positiveInt("max_position_embeddings", 2048);
    int d = json.positiveInt("hidden_size", 2048);
    int layers = HuggingFace.size(json, "num_layers", "num_hidden_layers", 24);
    int heads = HuggingFace.size(json, "num_heads", "num_attention_heads", 16);
    int hidden = json.positiveInt("intermediate_size", 4 * d);
    int width = HuggingFace.headWidth(json, d, heads);
    int window = json.positiveInt("window_size", 256);
    float epsilon = (float) json.positive("layer_norm_epsilon", 1e-5);
    Activation activation = HuggingFace.activation(json, "activation_function", "gelu_new");
    List<String> kinds = kinds(json, layers);
    boolean tied = json.bool("tie_word_embeddings", true);
    String table = "transformer.wte.weight";
    return Blueprint.of(
        d,
        context,
        Embedding.of(table, vocabulary, d, new Learned("transformer.wpe.weight", context, d, 0)),
        layers,
        i -> {
          String block = "transformer.h." + i + ".";
          String attention = block + "attn.attention.";
          return Block.preNorm(
              LayerNorm.named(block + "ln_1", d, epsilon),
              new Attention(
                  heads,
                  heads,
                  width,
                  Linear.named(attention + "q_proj", false, d, d),
                  Linear.named(attention + "k_proj", false, d, d),
                  Linear.named(attention + "v_proj", false, d, d),
                  Linear.named(attention + "out_proj", true, d, d),
                  Norm.NONE,
                  Norm.NONE,
                  Positions.NONE,
                  1,
                  kinds.get(i).equals(WINDOW) ? LayerTypes.window(window) : Limits.NONE),
              LayerNorm.named(block + "ln_2", d, epsilon),
              new Mlp(
                  Linear.named(block + "mlp.c_fc", true, hidden, d),
                  Linear.named(block + "mlp.c_proj", true, d, hidden),
                  activation));
        },
        Unembedding.of(
            LayerNorm.named("transformer.ln_f", d, epsilon),
            Linear.of(tied ? table : storedNames().head(), null, vocabulary, d)));
  }

  /** What each block sees: a list of kinds, or pairs of a list and how often it is repeated. */
  private static List<String> kinds(ConfigJson json, int layers) {
    List<String> repeated = new ArrayList<>();
    if (json.has(REPEATED_KINDS)) {
      for (JsonNode pair : json.list(REPEATED_KINDS)) {
        if (!pair.isArray() || pair.size() != 2 || !pair.get(0).isArray() || !pair.get(1).isInt()) {
          throw json.invalid("%s has %s, expected [[kinds], times]", REPEATED_KINDS, pair);
        }

        for (int i = 0; i < pair.get(1).asInt() && repeated.size() <= layers; i++) {
          pair.get(0).forEach(kind -> repeated.add(kind.asText()));
        }
      }
    }

    List<String> kinds = json.has(KINDS) ? json.strings(KINDS) : repeated;
    if (json.has(KINDS) && json.has(REPEATED_KINDS) && !kinds.equals(repeated)) {
      throw json.invalid("%s and %s contradict each other", KINDS, REPEATED_KINDS);
    }

    if (!json.has(KINDS) && !json.has(REPEATED_KINDS)) {
      return IntStream.range(0, layers).mapToObj(i -> i % 2 == 0 ? EVERYTHING : WINDOW).toList();
    }

    if (kinds.size() != layers) {
      throw json.invalid("%s is of %d blocks, expected %d", REPEATED_KINDS, kinds.size(), layers);
    }

    for (String kind : kinds) {
      if (!kind.equals(EVERYTHING) && !kind.equals(WINDOW)) {
        throw json.invalid(
            "%s has \"%s\", supported are \"%s\" and \"%s\"", KINDS, kind, EVERYTHING, WINDOW);
      }
    }

    return kinds;
  }
}
