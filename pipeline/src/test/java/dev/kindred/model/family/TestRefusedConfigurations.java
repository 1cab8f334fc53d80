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
}
