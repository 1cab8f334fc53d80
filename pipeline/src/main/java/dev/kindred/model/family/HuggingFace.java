/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model.family;

import dev.kindred.model.architecture.Activation;
import dev.kindred.model.architecture.ConfigJson;
import dev.kindred.model.architecture.Initialization;
import dev.kindred.model.architecture.StoredNames;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.regex.Pattern;

/** What {@code config.json} of Hugging Face's transformers has in common in all families. */
final class HuggingFace {
  /** The field that names the family. */
  static final String FAMILY = "model_type";

  private static final String PADDING = "pad_token_id";

  /** Names of activation functions there; those of one function differ by rounding at most. */
  private static final Map<String, Activation> ACTIVATIONS = new LinkedHashMap<>();

  static {
    ACTIVATIONS.put("relu", Activation.RELU);
    ACTIVATIONS.put("gelu", Activation.GELU);
    ACTIVATIONS.put("gelu_new", Activation.GELU_TANH);
    ACTIVATIONS.put("gelu_pytorch_tanh", Activation.GELU_TANH);
    ACTIVATIONS.put("gelu_fast", Activation.GELU_TANH);
    ACTIVATIONS.put("silu", Activation.SILU);
    ACTIVATIONS.put("swish", Activation.SILU);
    ACTIVATIONS.put("quick_gelu", Activation.QUICK_GELU);
  }

  /**
   * The token that pads texts, of families that tell their embedding: null says that there is none.
   *
   * @param otherwise what the family takes if the field is missing
   */
  static OptionalInt paddingToken(ConfigJson json, OptionalInt otherwise) {
    if (!json.isPresent(PADDING)) {
      return otherwise;
    }

    return json.has(PADDING) ? OptionalInt.of(json.integer(PADDING)) : OptionalInt.empty();
  }

  /** Fields whose names sound like rotary positions, and the value at which they change nothing. */
  private static final Map<String, Boolean> WITHOUT_EFFECT =
      Map.of("rope_interleaved", false, "use_mrope", false, "rotary", true);

  /** What sizes may be at most, so that products of two of them are whole numbers of 31 bits. */
  private static final Map<String, Integer> MOST = new LinkedHashMap<>();

  static {
    for (String heads :
        List.of("num_attention_heads", "num_heads", "n_head", "num_key_value_heads", "head_dim")) {
      MOST.put(heads, 1 << 13);
    }

    for (String blocks : List.of("num_hidden_layers", "num_layers", "n_layer")) {
      MOST.put(blocks, 10_000);
    }

    for (String width : List.of("hidden_size", "n_embd", "word_embed_proj_dim")) {
      MOST.put(width, 1 << 18);
    }

    for (String width : List.of("intermediate_size", "n_inner", "ffn_dim")) {
      MOST.put(width, 1 << 20);
    }
  }

  private static final List<String> EXPERTS =
      List.of("num_local_experts", "num_experts", "n_routed_experts");
  private static final List<String> PARTS_OF_OTHER_KINDS =
      List.of("text_config", "vision_config", "audio_config");

  private HuggingFace() {}

  /**
   * Refuses what changes what a model computes, in whichever family.
   *
   * @param known fields about rotary positions that the family reads
   */
  static void check(ConfigJson json, Set<String> known) {
    if (json.has("quantization_config")) {
      throw json.invalid(
          "quantization_config: quantised weights are not supported; save the model in float32,"
              + " bfloat16 or float16");
    }

    for (String field : EXPERTS) {
      if (json.has(field)) {
        throw json.invalid("%s: mixtures of experts are not supported", field);
      }
    }

    for (String field : List.of("is_encoder_decoder", "add_cross_attention")) {
      if (json.bool(field, false)) {
        throw json.invalid("%s is true, supported are decoders alone", field);
      }
    }

    if (json.bool("use_bidirectional_attention", false)) {
      throw json.invalid("use_bidirectional_attention is true, supported is causal attention");
    }

    for (String field : json.names()) {
      boolean isRotary = field.contains("rope") || field.contains("rotary");
      if (isRotary && json.has(field) && !known.contains(field) && !isWithoutEffect(json, field)) {
        throw json.invalid(
            "%s is not known for %s %s, and may change its rotary positions",
            field, FAMILY, json.string(FAMILY));
      }
    }

    MOST.forEach(
        (field, most) -> {
          if (json.positiveInt(field, 1) > most) {
            throw json.invalid(
                "%s is %d, expected at most %d", field, json.positiveInt(field), most);
          }
        });
  }

  private static boolean isWithoutEffect(ConfigJson json, String field) {
    Boolean value = WITHOUT_EFFECT.get(field);
    return value != null && json.bool(field, !value) == value;
  }

  /** Refuses models that also read pictures or sound, whose fields are those of a part. */
  static void checkKinds(ConfigJson json) {
    for (String field : PARTS_OF_OTHER_KINDS) {
      if (json.has(field)) {
        throw json.invalid(
            "%s: models of several kinds of input are not supported; save the text part by itself",
            field);
      }
    }
  }

  /**
   * A size that may have either of two names, as transformers reads it.
   *
   * @param other what {@code attribute_map} of the family's configuration calls it, too
   * @param otherwise where neither is there
   */
  static int size(ConfigJson json, String field, String other, int otherwise) {
    int size = json.positiveInt(field, json.positiveInt(other, otherwise));
    if (json.positiveInt(other, size) != size) {
      throw json.invalid(
          "%s is %d and %s is %d, which are the same size",
          field, size, other, json.positiveInt(other));
    }

    return size;
  }

  /** The activation function that a field names. */
  static Activation activation(ConfigJson json, String field, String otherwise) {
    String name = json.string(field, otherwise);
    Activation found = ACTIVATIONS.get(name);
    if (found == null) {
      throw json.invalid(
          "%s is \"%s\", supported are %s", field, name, String.join(", ", ACTIVATIONS.keySet()));
    }

    return found;
  }

  /** Refuses a switch that is not as it must be. */
  static void checkSwitch(ConfigJson json, String field, boolean expected) {
    if (json.bool(field, expected) != expected) {
      throw json.invalid("%s is %s, supported is %s", field, !expected, expected);
    }
  }

  /** The width of a head where no field names it. */
  static int headWidth(ConfigJson json, int dModel, int heads) {
    if (dModel % heads != 0) {
      throw json.invalid("%d heads do not divide the hidden size %d", heads, dModel);
    }

    return dModel / heads;
  }

  /**
   * Returns the width of a head in families whose heads have no width of their own: a field may
   * repeat it.
   */
  static int onlyHeadWidth(ConfigJson json, int dModel, int heads) {
    int width = headWidth(json, dModel, heads);
    if (json.positiveInt("head_dim", width) != width) {
      throw json.invalid(
          "head_dim is %d, expected %d, the hidden size by heads",
          json.positiveInt("head_dim"), width);
    }

    return width;
  }

  /** As many heads of keys and values as of queries. */
  static final int AS_MANY = 0;

  /**
   * Heads of keys and values, which divide those of queries; null is as many.
   *
   * @param absent where the field is missing; {@link #AS_MANY} for as many
   */
  static int keyValueHeads(ConfigJson json, int heads, int absent) {
    String field = "num_key_value_heads";
    int found =
        json.isPresent(field) || absent == AS_MANY ? json.positiveInt(field, heads) : absent;
    if (heads % found != 0) {
      throw json.invalid("num_key_value_heads %d does not divide %d heads", found, heads);
    }

    return found;
  }

  /** Names that files may shorten by a prefix. */
  static StoredNames names(String prefix, String buffers, String head) {
    return new StoredNames(List.of(prefix), Pattern.compile(buffers), head);
  }

  /**
   * What {@code config.json} of a model to be trained begins with: its text ends where a file does,
   * so that there are no tokens of beginning, end or padding.
   *
   * @param model the class of transformers that reads it
   */
  static Map<String, Object> fields(String family, String model, int vocabulary) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("architectures", List.of(model));
    fields.put(FAMILY, family);
    fields.put("bos_token_id", null);
    fields.put("eos_token_id", null);
    fields.put(PADDING, null);
    fields.put("initializer_range", Initialization.DEVIATION);
    fields.put("vocab_size", vocabulary);
    return fields;
  }
}
