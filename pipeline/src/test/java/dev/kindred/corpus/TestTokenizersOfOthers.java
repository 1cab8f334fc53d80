/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.corpus;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
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

  private static final String BYTES =
      "na\u00efve \u4f60\u597d, \ud83d\ude42\ud83d\udc68\u200d\ud83d\udc69 \ufffd <0xE4> <0xE <0xe4>\u00a0\u0001\n "
          + "\u4f60\u4f60\u2764\ufe0f  the";

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
      if (text.contains("<0x")) {
        cut++;
        continue;
      }

      assertThat(whole).as("window %d", i).contains(text);
      found += Arrays.equals(tokenizer.encodeWithin(text), window) ? 1 : 0;
    }

    // Text by itself may be cut otherwise than within a longer one, at its ends.
    assertThat(found).isGreaterThan((all.length - WINDOW - cut) * 9 / 10);
  }

  /** Everywhere between the bytes of characters: what is shown of the parts is the whole. */
  @ParameterizedTest
  @ValueSource(strings = {"gpt2", "qwen", "neox", "llama", "llama-metaspace", "gemma"})
  void showTheBytesOfEveryPartOfAText(String kind) throws IOException {
    Tokenizer tokenizer = tokenizer(kind);
    JsonNode cases = JSON.readTree(resource(kind, "encodings.json")).get("cases");
    List<String> texts = new ArrayList<>(List.of(BYTES));
    cases.forEach(example -> texts.add(example.get("text").asText()));
    int cut = 0;
    for (String text : texts) {
      int[] all = tokenizer.encodeWithin(text);
      String shown = tokenizer.text(all);
      assertThat(ByteNotation.boundary(shown, shown.length())).isEqualTo(shown.length());
      byte[] whole = bytes(shown);
      if (text.equals(BYTES)) {
        assertThat(shown).isEqualTo(BYTES.replace("<0xE4>", "<0x3C>0xE4>"));
        assertThat(whole).isEqualTo(BYTES.getBytes(StandardCharsets.UTF_8));
      }

      for (int from = 0; from < all.length; from++) {
        String before = tokenizer.text(Arrays.copyOf(all, from));
        for (int to = from + 1; to <= Math.min(all.length, from + WINDOW); to++) {
          String window = tokenizer.text(Arrays.copyOfRange(all, from, to));
          String after = tokenizer.text(Arrays.copyOfRange(all, to, all.length));
          assertThat(joined(bytes(before), bytes(window), bytes(after)))
              .as("%s of \"%s\"", window, text)
              .isEqualTo(whole);
          cut += ByteNotation.isAt(window, 0) ? 1 : 0;
        }
      }
    }

    assertThat(cut).isGreaterThan(500);
  }

  /** Any tokens beside each other, as a model may predict them. */
  @ParameterizedTest
  @ValueSource(strings = {"gpt2", "qwen", "neox", "llama", "llama-metaspace", "gemma"})
  void showTokensAlikeOnlyWhereTheyStandForTheSameBytes(String kind) throws IOException {
    Tokenizer tokenizer = tokenizer(kind);
    Random random = new Random(1);
    Map<String, String> shownOf = new HashMap<>(); // of bytes
    Map<String, String> bytesOf = new HashMap<>(); // of what is shown
    for (int i = 0; i < 20_000; i++) {
      int[] ids =
          random.ints(1 + i % 3, 0, i % 2 == 0 ? tokenizer.vocabularySize() : 260).toArray();
      String shown = tokenizer.text(ids);
      String bytes =
          HexFormat.of()
              .formatHex(
                  joined(
                      Arrays.stream(ids)
                          .mapToObj(id -> bytes(tokenizer.text(id)))
                          .toArray(byte[][]::new)));
      assertThat(shownOf.merge(bytes, shown, (first, other) -> first)).isEqualTo(shown);
      assertThat(bytesOf.merge(shown, bytes, (first, other) -> first)).isEqualTo(bytes);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "gpt2, \u4f60, <0xE4> <0xBD> <0xA0>",
    "qwen, \ufffd, <0xEF> <0xBF> <0xBD>",
    "neox, \u00e9, <0xC3> <0xA9>",
    "llama, \u4f60, <0xE4> <0xBD> <0xA0>",
    "llama-metaspace, \ufffd, <0xEF> <0xBF> <0xBD>",
    "gemma, \ud83d\ude42, <0xF0> <0x9F> <0x99> <0x82>",
  })
  void showAByteOfACharacterAsItIs(String kind, String character, String bytes) throws IOException {
    Tokenizer tokenizer = tokenizer(kind);
    int[] ids = tokenizer.encodeWithin(character);
    assertThat(Arrays.stream(ids).mapToObj(tokenizer::text).collect(Collectors.joining(" ")))
        .isEqualTo(bytes);
    assertThat(tokenizer.text(ids)).isEqualTo(character);
    int[] half = Arrays.copyOfRange(tokenizer.encodeWithin(character + "x"), 1, ids.length + 1);
    assertThat(tokenizer.text(half)).isEqualTo(bytes.substring(7).replace(" ", "") + "x");
  }

  @ParameterizedTest
  @ValueSource(strings = {"gpt2", "qwen", "neox", "llama", "llama-metaspace", "gemma"})
  void tellTextThatReadsLikeAByteFromTheByte(String kind) throws IOException {
    Tokenizer tokenizer = tokenizer(kind);
    Prompt prompt = Prompt.of("a<0xE4>", tokenizer);
    assertThat(prompt.text()).isEqualTo("a<0x3C>0xE4>");
    assertThat(tokenizer.text(prompt.tokenIds())).isEqualTo(prompt.text());
  }

  /** As it is where blanks are not put before texts, but taken from them. */
  @Test
  void keepTheBlankThatADecoderTakesAway() throws IOException {
    ObjectNode json = (ObjectNode) JSON.readTree(resource("llama", "tokenizer.json"));
    ((ArrayNode) json.get("normalizer").get("normalizers")).remove(0);
    Tokenizer tokenizer = Tokenizer.of(json.toString());
    int[] ids = tokenizer.encode(" the king");
    assertThat(tokenizer.decode(ids)).isEqualTo("the king");
    assertThat(tokenizer.text(ids)).isEqualTo(" the king");
    assertThat(tokenizer.text(tokenizer.encode("the king"))).isEqualTo("the king");
    assertThat(tokenizer.encodeWithin(" the king")).isEqualTo(ids);
  }

  private static byte[] joined(byte[]... parts) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      all.writeBytes(part);
    }

    return all.toByteArray();
  }

  /** What is shown, read as the documentation says. */
  private static byte[] bytes(String shown) {
    Matcher parts = Pattern.compile("<0x([0-9A-F]{2})>|(?s:.)").matcher(shown);
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    while (parts.find()) {
      all.writeBytes(
          parts.group(1) == null
              ? parts.group().getBytes(StandardCharsets.UTF_8)
              : HexFormat.of().parseHex(parts.group(1)));
    }

    return all.toByteArray();
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
