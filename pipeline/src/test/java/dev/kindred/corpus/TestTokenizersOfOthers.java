/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.corpus;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Small tokenizers in real formats against the library that defines them; see hf/tokenizers. */
class TestTokenizersOfOthers {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int WINDOW = 10;
  private static final String TEXT =
      "First Citizen:\nBefore we proceed any further, hear me speak.\n\nAll:\nSpeak, speak.\n\n"
          + "  My lord; 'tis  true: the king's na\u00efve caf\u00e9, 1,234 ships!\n\tO\u2014never!";

  private static String resource(String kind, String file) throws IOException {
    try (InputStream in =
        TestTokenizersOfOthers.class.getResourceAsStream("/hf/tokenizers/" + kind + "/" + file)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  private static Tokenizer tokenizer(String kind) throws IOException {
    return Tokenizer.of(resource(kind, "tokenizer.json"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"gpt2", "qwen", "neox", "llama", "llama-metaspace", "gemma"})
  void encodeAndDecodeTrickyStrings(String kind) throws IOException {
    Tokenizer tokenizer = tokenizer(kind);
    JsonNode expected = JSON.readTree(resource(kind, "encodings.json"));
    assertThat(tokenizer.vocabularySize()).isEqualTo(expected.get("vocabulary_size").asInt());
    assertThat(expected.get("cases")).hasSizeGreaterThanOrEqualTo(65);
    for (JsonNode example : expected.get("cases")) {
      String text = example.get("text").asText();
      int[] ids = JSON.convertValue(example.get("ids"), int[].class);
      assertThat(tokenizer.encode(text)).as(text).isEqualTo(ids);
      assertThat(tokenizer.decode(ids)).as(text).isEqualTo(example.get("decoded").asText());
      for (int i = 0; i < ids.length; i++) {
        assertThat(tokenizer.decode(ids[i]))
            .as("%s, token %d", text, i)
            .isEqualTo(example.get("decoded_tokens").get(i).asText());
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"gpt2", "qwen", "neox", "llama", "llama-metaspace", "gemma"})
  void showTheTextOfEveryWindowAsItStands(String kind) throws IOException {
    Tokenizer tokenizer = tokenizer(kind);
    int[] all = tokenizer.encode(TEXT);
    String whole = tokenizer.text(all);
    int found = 0;
    int cut = 0; // windows that begin or end within a character
    for (int i = 0; i + WINDOW <= all.length; i++) {
      int[] window = Arrays.copyOfRange(all, i, i + WINDOW);
      String text = tokenizer.text(window);
      if (text.contains("\ufffd")) {
        cut++;
        continue;
      }

      assertThat(whole).as("window %d", i).contains(text);
      found += Arrays.equals(tokenizer.encodeWithin(text), window) ? 1 : 0;
    }

    // Text by itself may be cut otherwise than within a longer one, at its ends.
    assertThat(found).isGreaterThan((all.length - WINDOW - cut) * 9 / 10);
  }

  /** What stands before a text once special tokens are asked for, by the library. */
  @ParameterizedTest
  @CsvSource({"gpt2,", "qwen,", "neox,", "llama,1", "llama-metaspace,1", "gemma,1"})
  void knowTheTokenThatBeginsTexts(String kind, Integer expected) throws IOException {
    JsonNode cases = JSON.readTree(resource(kind, "encodings.json")).get("cases");
    JsonNode empty = cases.get(0);
    assertThat(empty.get("text").asText()).isEmpty();
    assertThat(empty.get("ids_with_special").isEmpty()).isEqualTo(expected == null);
    assertThat(tokenizer(kind).beginning())
        .isEqualTo(
            expected == null ? null : (Integer) empty.get("ids_with_special").get(0).asInt());
  }

  @ParameterizedTest
  @ValueSource(strings = {"qwen", "neox"})
  void loseNothingByComposingAccents(String kind) throws IOException {
    Tokenizer tokenizer = tokenizer(kind);
    assertThat(tokenizer.firstLoss("cafe\u0301")).isNull();
    assertThat(tokenizer.text(tokenizer.encode("cafe\u0301"))).isEqualTo("caf\u00e9");
  }
}
