/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model.family;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.kindred.InvalidInput;
import dev.kindred.model.architecture.Blueprint;
import dev.kindred.model.architecture.ConfigJson;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Configurations that describe what Kindred does not compute: refused, never approximated. */
class TestRefusedConfigurations {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** A fixture's config.json with some fields replaced; a value of "absent" takes one away. */
  private static ConfigJson changed(String checkpoint, String change) throws IOException {
    try (InputStream in =
        TestRefusedConfigurations.class.getResourceAsStream("/hf/" + checkpoint + "/config.json")) {
      ObjectNode config = (ObjectNode) JSON.readTree(in);
      JSON.readTree(change.replace('\'', '"'))
          .properties()
          .forEach(
              field -> {
                if (field.getValue().asText().equals("absent")) {
                  config.remove(field.getKey());
                } else {
                  config.set(field.getKey(), field.getValue());
                }
              });
      return ConfigJson.parse("config.json", config.toString());
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "llama | {'model_type': 'mixtral'} | model_type is \"mixtral\", supported are \"gpt2\"",
        "llama | {'model_type': 'smollm3'} | model_type is \"smollm3\", supported are",
        "llama | {'quantization_config': {'bits': 4}} | quantization_config: quantised",
        "llama | {'num_local_experts': 8} | num_local_experts: mixtures of experts",
        "llama | {'text_config': {}} | text_config: models of several kinds of input",
        "llama | {'is_encoder_decoder': true} | is_encoder_decoder is true",
        "llama | {'hidden_act': 'mish'} | hidden_act is \"mish\", supported are relu, gelu",
        "llama | {'num_key_value_heads': 3} | num_key_value_heads 3 does not divide 4 heads",
        "llama | {'head_dim': 7} | 7 of the 7 coordinates of a head",
        "llama | {'head_dim': 'absent', 'hidden_size': 41} | 4 heads do not divide",
        "llama | {'rope_scaling': {'rope_type': 'yarn', 'factor': 4}} | rope_type is \"yarn\"",
        "llama | {'rope_scaling': {'type': 'longrope'}} | rope_type is \"longrope\", supported",
        "llama | {'rope_scaling': {'type': 'linear'}} | rope_scaling lacks factor",
        "llama | {'rope_scaling': {'rope_type': 'llama3', 'factor': 8}} | lacks low_freq_factor",
        "llama | {'rope_scaling': {'rope_type': 'linear', 'factor': 2, 'new': 1}} | new is not",
        "llama | {'rope_condense_ratio': 8} | rope_condense_ratio is not known for model_type llama",
        "llama | {'partial_rotary_factor': 0.5} | partial_rotary_factor is not known",
        "llama | {'rope_parameters': {'partial_rotary_factor': 0.5}} | turn all coordinates",
        "llama | {'rope_parameters': {'rope_theta': 1e6}} | rope_theta is 1000000.0 in one place",
        "llama | {'rope_parameters': {'full_attention': {'rope_theta': 1e6}}} | full_attention is",
        "llama | {'vocab_size': -1} | vocab_size is -1, expected a positive whole number",
        "llama | {'rms_norm_eps': 'small'} | rms_norm_eps is \"small\", expected a positive number",
        "llama | {'use_bidirectional_attention': true} | use_bidirectional_attention is true",
        "qwen2-window | {'layer_types': ['full_attention']} | layer_types has 1 elements, expected 3",
        "gemma2 | {'layer_types': ['a', 'a', 'a']} | layer_types has \"a\", supported are",
        "gemma2 | {'attn_logit_softcapping': 0} | attn_logit_softcapping is 0, expected a positive",
        "gemma2 | {'final_logit_softcapping': -3} | final_logit_softcapping is -3, expected",
        "gemma2 | {'hidden_activation': null} | hidden_activation is null",
        "gemma2 | {'rope_scaling': {'type': 'linear', 'factor': 2}} | rope_type is \"linear\"",
        "gemma3_text | {'attn_logit_softcapping': 50} | attn_logit_softcapping is not supported",
        "gemma3_text | {'rope_parameters': {'rope_theta': 1e6}} | rope_theta stands where types",
        "gemma3_text | {'model_type': 'gemma3'} | model_type is \"gemma3\", supported",
        "olmo | {'clip_qkv': 0} | clip_qkv is 0, expected a positive number",
        "olmo | {'rope_scaling': {'type': 'llama3'}} | rope_type is \"llama3\", supported for olmo",
        "phi | {'qk_layernorm': true} | qk_layernorm is true, supported is false",
        "phi | {'partial_rotary_factor': 0.2} | 3 of the 16 coordinates of a head",
        "phi3-longrope | {'rope_scaling': {'type': 'longrope', 'short_factor': [1]}} | has 1 numbers",
        "phi3 | {'rope_scaling': {'type': 'linear', 'factor': 2}} | rope_type is \"linear\"",
        "opt | {'enable_bias': false} | enable_bias is false, supported is true",
        "opt | {'layer_norm_elementwise_affine': false} | layer_norm_elementwise_affine is false",
        "opt | {'_remove_final_layer_norm': true} | _remove_final_layer_norm is true",
        "gpt_neo | {'attention_layers': ['global', 'local', 'global']} | contradict each other",
        "gpt_neo | {'attention_layers': 'absent', 'attention_types': [[['far'], 3]]} | has \"far\"",
        "gpt_neo | {'attention_layers': 'absent', 'attention_types': [[['local'], 9]]} | expected 3",
        "gpt2 | {'add_cross_attention': true} | add_cross_attention is true",
        "gptj | {'rotary_dim': 5} | 5 of the 8 coordinates of a head",
        "gptj | {'rotary_dim': 'absent'} | 64 of the 8 coordinates of a head",
        "gptj | {'rotary': false} | rotary is not known",
        "gptj | {'num_attention_heads': 2} | n_head is 5 and num_attention_heads is 2, which are",
        "gpt2 | {'num_attention_heads': 12} | and num_attention_heads is 12, which are the same size",
        "gpt2 | {'max_position_embeddings': 7} | and max_position_embeddings is 7, which are",
        "gpt2 | {'n_embd': 1000000000} | n_embd is 1000000000, expected at most 262144",
        "gpt2 | {'n_layer': 10001} | n_layer is 10001, expected at most 10000",
        "gpt_neo | {'num_hidden_layers': 9} | and num_hidden_layers is 9, which are the same size",
        "gpt_neo | {'attention_layers': [], 'attention_types': []} | is of 0 blocks, expected 3",
        "gpt_neo | {'attention_layers': 'absent', 'attention_types': [[['local'], 0]]} | of 0 blocks",
        "gpt_neox | {'rotary_pct': 'absent', 'partial_rotary_factor': 0.5} | counts for gpt_neox",
        "gpt_neox | {'head_dim': 6} | head_dim is 6, expected",
        "phi | {'head_dim': 4} | head_dim is 4, expected 16, the hidden size by heads",
        "llama | {'hidden_size': 2000000000} | hidden_size is 2000000000, expected at most",
        "llama | {'head_dim': 2000000000} | head_dim is 2000000000, expected at most 8192",
        "llama | {'rope_interleaved': true} | rope_interleaved is not known for model_type llama",
        "llama | {'layer_types': ['linear_attention', 'full_attention']} | linear_attention",
        "llama | {'rope_scaling': {'factor': 8}} | factor stands without a rope_type",
        "qwen2 | {'use_mrope': true} | use_mrope is not known for model_type qwen2",
        "qwen2 | {'use_sliding_window': false, 'layer_types': ['far']} | layer_types has 1 elements",
        "phi3-longrope | {'original_max_position_embeddings': 1} | is 1.0, expected a whole number",
        "gemma3_text | {'model_type': 'gemma3', 'text_config': {}} | text_config: models of several",
      })
  void areRefusedInOneLineThatNamesTheField(String checkpoint, String change, String message)
      throws IOException {
    ConfigJson config = changed(checkpoint, change);
    assertThatThrownBy(() -> Architectures.read(config))
        .isInstanceOf(InvalidInput.class)
        .hasMessageStartingWith("config.json: ")
        .hasMessageContaining(message)
        .satisfies(e -> assertThat(e.getMessage().lines()).hasSize(1));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{'norm': 'batch'} | norm is \"batch\", supported are layer, ln, rms, none",
        "{'positions': 'sinus'} | positions is \"sinus\", supported are learned, rotary, qk, none",
        "{'mlp': 'gated'} | mlp is \"gated\", supported are mlp, none",
        "{'mlp': false} | mlp is false, expected a string",
        "{'d_mlp': 256} | mlp is \"none\", but d_mlp is 256; give d_mlp 0, or leave out mlp",
        "{'mlp': 'mlp'} | d_mlp is 0, expected a positive whole number",
        "{'mlp': 'absent'} | d_mlp is 0, expected a positive whole number",
      })
  void contradictionsOfTheOwnFamilyAreRefused(String change, String message) throws IOException {
    ConfigJson config = changed("../circuits/induction-plain", change);
    assertThatThrownBy(() -> Architectures.read(config))
        .isInstanceOf(InvalidInput.class)
        .hasMessage("config.json: " + message);
  }

  /** What changes no number, or says the same twice. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "llama | {'auto_map': {'AutoConfig': 'configuration.Config'}, 'pretraining_tp': 2}",
        "llama | {'rope_parameters': {'rope_theta': 500}}",
        "llama | {'rope_scaling': {'rope_type': 'dynamic', 'factor': 2}}",
        "llama | {'rope_scaling': null, 'num_key_value_heads': null, 'head_dim': null}",
        "phi3 | {'attention_bias': true}",
        "gemma3_text | {'_sliding_window_pattern': 7, 'cache_implementation': 'hybrid'}",
        "gpt2 | {'n_ctx': 7, 'reorder_and_upcast_attn': true, 'attn_pdrop': 0.3}",
        "llama | {'rope_interleaved': false, 'rope_scaling': null}", // SmolLM2 has it
        "qwen2 | {'use_mrope': false}", // Qwen2.5 has it
        "gptj | {'rotary': true}", // GPT-J-6B has it
      })
  void areNotRefusedForFieldsThatChangeNothing(String checkpoint, String change)
      throws IOException {
    assertThat(Architectures.read(changed(checkpoint, change)).blocks()).isNotEmpty();
  }

  /** The widths of transformers 5.24's configurations; 4 heads that do not divide a size of 41. */
  @ParameterizedTest
  @CsvSource({"qwen3, 128", "gemma, 256", "gemma2, 256", "gemma3_text, 256"})
  void headsHaveTheWidthOfTheFamilyWhereNoFieldNamesIt(String family, int width)
      throws IOException {
    for (String absent : List.of("'absent'", "null")) {
      ConfigJson config =
          changed(
              family,
              "{'head_dim': "
                  + absent
                  + ", 'hidden_size': 41, 'num_attention_heads': 4, 'num_key_value_heads': 2}");
      assertThat(Architectures.read(config).blocks().get(0).mixer().toString())
          .contains("headWidth=" + width);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"llama", "mistral", "qwen2", "phi3", "olmo", "olmo2"})
  void otherHeadsDivideTheHiddenSizeWhereNoFieldNamesTheirWidth(String family) throws IOException {
    String heads = "'num_attention_heads': 4, 'num_key_value_heads': 2}";
    Blueprint divided =
        Architectures.read(
            changed(
                family,
                "{'head_dim': 'absent', 'hidden_size': 40, 'rope_scaling': null,"
                    + " 'partial_rotary_factor': 'absent',"
                    + heads));
    assertThat(divided.blocks().get(0).mixer().toString()).contains("headWidth=10");
    assertThatThrownBy(
            () ->
                Architectures.read(
                    changed(family, "{'head_dim': 'absent', 'hidden_size': 41," + heads)))
        .isInstanceOf(InvalidInput.class)
        .hasMessageContaining("4 heads do not divide the hidden size 41");
  }

  @Test
  void theDefaultsOfTheFamilyHoldWhereFieldsAreMissing() throws IOException {
    Blueprint gemma =
        Architectures.read(
            changed(
                "gemma2",
                "{'attn_logit_softcapping': 'absent', 'final_logit_softcapping': 'absent',"
                    + " 'head_dim': 'absent', 'query_pre_attn_scalar': 'absent'}"));
    assertThat(gemma.unembedding().cap()).isEqualTo(30);
    assertThat(gemma.blocks().get(0).mixer().toString())
        .contains("headWidth=256", "scale=0.0625", "scoreCap=50.0");
    Blueprint llama =
        Architectures.read(ConfigJson.parse("config.json", "{\"model_type\": \"llama\"}"));
    assertThat(llama.shape().modelDimension()).isEqualTo(4096);
    assertThat(llama.shape().vocabularySize()).isEqualTo(32000);
  }

  /** As transformers reads them: {@code attribute_map} of its configurations. */
  @ParameterizedTest
  @CsvSource({
    "gpt2, n_head, num_attention_heads",
    "gpt2, n_embd, hidden_size",
    "gpt2, n_layer, num_hidden_layers",
    "gptj, n_head, num_attention_heads",
    "gptj, n_positions, max_position_embeddings",
    "gpt_neo, num_heads, num_attention_heads",
    "gpt_neo, num_layers, num_hidden_layers"
  })
  void sizesAreReadUnderEitherName(String family, String name, String other) throws IOException {
    ConfigJson config = changed(family, "{}");
    String renamed =
        "{'" + name + "': 'absent', '" + other + "': " + config.positiveInt(name) + "}";

    assertThat(Architectures.read(changed(family, renamed))).isEqualTo(Architectures.read(config));
  }

  @Test
  void longFactorsOfAnotherLengthAreRefused() throws IOException {
    ConfigJson config = changed("phi3-longrope", "{}");
    List<Double> factors = config.object("rope_scaling").orElseThrow().positives("short_factor");
    ConfigJson shorter =
        changed(
            "phi3-longrope",
            "{'rope_scaling': {'type': 'longrope', 'short_factor': "
                + factors
                + ", 'long_factor': [1]}, 'rope_parameters': 'absent'}");

    assertThatThrownBy(() -> Architectures.read(shorter))
        .isInstanceOf(InvalidInput.class)
        .hasMessageContaining("long_factor has 1 numbers, expected " + factors.size());
  }

  /** As transformers 5.24: the greatest context is 4,096 where no field names it. */
  @Test
  void theContextOfPhi3CountsForItsFactorWhereNoFieldNamesIt() throws IOException {
    String original = "'original_max_position_embeddings': 16";
    Blueprint unnamed =
        Architectures.read(
            changed("phi3-longrope", "{'max_position_embeddings': 'absent', " + original + "}"));
    Blueprint named =
        Architectures.read(
            changed("phi3-longrope", "{'max_position_embeddings': 4096, " + original + "}"));

    assertThat(unnamed.blocks()).isEqualTo(named.blocks());
    assertThat(unnamed.blocks().get(0).mixer().toString()).contains("1.7320508");
  }

  @Test
  void aConfigurationThatNamesNoFamilyIsToldWhatItLacks() {
    assertThatThrownBy(() -> Architectures.read(ConfigJson.parse("config.json", "{}")))
        .hasMessageStartingWith("config.json: model_type is missing, which names the family");
  }

  @Test
  void aNumberThatIsNoneIsNamedWithoutTheParsersSettings() {
    assertThatThrownBy(
            () ->
                ConfigJson.parse(
                    "config.json", "{\"model_type\": \"llama\", \"rms_norm_eps\": NaN}"))
        .hasMessageContaining("NaN")
        .hasMessageNotContaining("JsonReadFeature");
  }
}
