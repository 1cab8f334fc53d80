/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.corpus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.kindred.InvalidInput;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TestTokenizer {
  /** Words at whitespace, with a token for all unknown ones. */
  private static final String WORDS =
      """
      {"version": "1.0", "truncation": null, "padding": null, "added_tokens": [],
       "normalizer": null, "pre_tokenizer": {"type": "Whitespace"}, "post_processor": null,
       "decoder": null,
       "model": {"type": "WordLevel", "vocab": {"[UNK]": 0, "my": 1, "noble": 2, "lord": 3},
                 "unk_token": "[UNK]"}}
      """;

  /** Byte pair encoding with neither a token for unknown characters nor tokens for bytes. */
  private static final String BYTE_PAIRS =
      """
      {"version": "1.0", "truncation": null, "padding": null, "added_tokens": [],
       "normalizer": null, "pre_tokenizer": null, "post_processor": null,
       "decoder": {"type": "Fuse"},
       "model": {"type": "BPE", "dropout": null, "unk_token": null,
                 "continuing_subword_prefix": null, "end_of_word_suffix": null, "fuse_unk": false,
                 "byte_fallback": false,
                 "vocab": {"a": 0, "b": 1, "c": 2, "d": 3, "ab": 4, " ": 5},
                 "merges": ["a b"]}}
      """;

  private static final String UNIGRAM =
      """
      {"version": "1.0", "truncation": null, "padding": null, "added_tokens": [],
       "normalizer": null, "pre_tokenizer": null, "post_processor": null,
       "decoder": {"type": "Fuse"},
       "model": {"type": "Unigram", "unk_id": %s,
                 "vocab": [["<unk>", 0.0], ["a", -1.0], ["b", -1.5], [" ", -2.0], ["ab", -2.0]]}}
      """;

  @Test
  void aCharactersIdIsItsPlaceAmongTheSortedCharacters() throws IOException {
    assertThat(tinyShakespeare().encode("hello")).containsExactly(46, 43, 50, 50, 53);
  }

  @Test
  void idsTurnBackIntoText() throws IOException {
    assertThat(tinyShakespeare().decode(46, 43, 50, 50, 53)).isEqualTo("hello");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"\n\nKING RICHARD III:\n", "  two  spaces ", "\n", " ", "don't; 'tis -- no!"})
  void decodingGivesBackWhatWasEncoded(String text) throws IOException {
    Tokenizer tokenizer = tinyShakespeare();

    assertThat(tokenizer.decode(tokenizer.encode(text))).isEqualTo(text);
  }

  @Test
  void everyCharacterIsOneToken() throws IOException {
    assertThat(tinyShakespeare().encode("First Citizen:\nBefore we")).hasSize(24);
  }

  @Test
  void anEmptyTextHasNoTokens() throws IOException {
    assertThat(tinyShakespeare().encode("")).isEmpty();
  }

  @Test
  void charactersBeyondTheBasicPlaneAreOneTokenEach() {
    Tokenizer tokenizer = Tokenizer.of(CharacterTokenizers.of("aé€😀"));

    assertThat(tokenizer.encode("😀aé😀€")).containsExactly(3, 0, 1, 3, 2);
  }

  @ParameterizedTest
  @ValueSource(strings = {"aé€😀", "aaab\n\r\t \u2028\u0000", "😀", "e\u0301é", "𝒜b€😀😀 a"})
  void charactersHaveTheTokensThatTheNativeTokenizerGivesThem(String text) throws IOException {
    String json = CharacterTokenizers.of("b 😀a\n𝒜é€e\u0301\r\t\u2028\u0000");
    try (var bytes = new ByteArrayInputStream(json.getBytes(StandardCharsets.UTF_8));
        HuggingFaceTokenizer tokenizer =
            HuggingFaceTokenizer.newInstance(bytes, Map.of("addSpecialTokens", "false"))) {
      assertThat(Arrays.stream(Tokenizer.of(json).encode(text)).asLongStream().toArray())
          .isEqualTo(tokenizer.encode(text).getIds());
    }
  }

  @Test
  void theModelsTokenizerIsCharacterLevel() throws IOException {
    assertThat(tinyShakespeare().isCharacterLevel()).isTrue();
  }

  @Test
  void vocabularySizeCountsTokens() throws IOException {
    assertThat(tinyShakespeare().vocabularySize()).isEqualTo(65);
  }

  @Test
  void aTokenThatIsListedTwiceCountsOnce() {
    String added =
        WORDS.replace(
            "\"added_tokens\": []",
            """
            "added_tokens": [
              {"id": 0, "content": "[UNK]", "single_word": false, "lstrip": false, "rstrip": false,
               "normalized": false, "special": true},
              {"id": 4, "content": "[END]", "single_word": false, "lstrip": false, "rstrip": false,
               "normalized": false, "special": true}]""");

    assertThat(Tokenizer.of(added).vocabularySize()).isEqualTo(5);
  }

  @Test
  void vocabularySizeIsBeyondTheLargestId() {
    assertThat(Tokenizer.of(WORDS.replace("\"lord\": 3", "\"lord\": 6")).vocabularySize())
        .isEqualTo(7);
  }

  @Test
  void anIdWithoutATokenHasNoText() {
    assertThat(Tokenizer.of(WORDS).decode(9)).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"hello 😀, 6", "café, 3", "é, 0", "a tab\there, 5"})
  void firstLossIsTheIndexOfTheUnknownCharacter(String text, int expected) throws IOException {
    assertThat(tinyShakespeare().firstLoss(text).start()).isEqualTo(expected);
  }

  @Test
  void firstLossIsAnIndexIntoTheJavaString() {
    Tokenizer tokenizer = Tokenizer.of(CharacterTokenizers.of("a😀"));

    assertThat(tokenizer.firstLoss("😀😀ab").start()).isEqualTo(5);
  }

  @Test
  void nothingIsLostWhereAllCharactersAreKnown() throws IOException {
    assertThat(tinyShakespeare().firstLoss("O, that this too\n")).isNull();
  }

  @Test
  void aTokenizerOfWordsIsNotCharacterLevel() {
    assertThat(Tokenizer.of(WORDS).isCharacterLevel()).isFalse();
  }

  @ParameterizedTest(name = "{0} -> {1}")
  @CsvSource(
      delimiter = '|',
      value = {
        "\"Isolated\" | \"Removed\"",
        "[\\\\s\\\\S] | [a-z]",
        "\"normalizer\":null | \"normalizer\":{\"type\":\"Lowercase\"}",
        "\"invert\":false | \"invert\":true",
      })
  void aTokenizerThatDiffersInOneThingIsNotCharacterLevel(String what, String other) {
    String json = CharacterTokenizers.of("abc");
    assertThat(json).contains(what);

    assertThat(Tokenizer.of(json.replace(what, other)).isCharacterLevel()).isFalse();
  }

  @Test
  void aTokenizerOfWordsEncodesWords() {
    assertThat(Tokenizer.of(WORDS).encode("my lord my noble lord")).containsExactly(1, 3, 1, 2, 3);
  }

  @Test
  void firstLossIsTheWordThatOnlyTheUnknownTokenStandsFor() {
    assertThat(Tokenizer.of(WORDS).firstLoss("my good lord").start()).isEqualTo(3);
  }

  @Test
  void anUnknownWordsPlaceIsAnIndexIntoTheJavaString() {
    String json =
        WORDS.replace("noble", "nöble😀").replace("\"Whitespace\"", "\"WhitespaceSplit\"");

    assertThat(Tokenizer.of(json).firstLoss("nöble😀 my good lord").start()).isEqualTo(11);
  }

  @Test
  void nothingIsLostWhereAllWordsAreKnown() {
    assertThat(Tokenizer.of(WORDS).firstLoss("my noble lord")).isNull();
  }

  @Test
  void anUnknownWordIsDescribedAsAWord() {
    String text = "my dull lord";

    assertThat(Tokenizer.of(WORDS).firstLoss(text).describe(text)).isEqualTo("\"dull\"");
  }

  @Test
  void wordsThatAreUnknownToAModelWithoutATokenForThemAreFound() {
    String json = WORDS.replace("\"[UNK]\": 0,", "");

    assertThat(Tokenizer.of(json).firstLoss("my good lord"))
        .isEqualTo(new Tokenizer.Loss(3, 7, true));
    assertThat(Tokenizer.of(json).vocabularySize()).isEqualTo(4);
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource({"ab€€cd, 2", "€ab, 0", "ab €, 3", "abQ cd, 2", "abQ, 2", "a😀€b, 1", "é, 0"})
  void whatABytePairModelWouldDropIsFound(String text, int place) {
    Tokenizer.Loss loss = Tokenizer.of(BYTE_PAIRS).firstLoss(text);

    assertThat(loss.start()).isEqualTo(place);
    assertThat(loss.isUnknown()).isTrue();
  }

  @Test
  void whatABytePairModelKnowsHasTheTokensThatItHadWithoutTheCheck() {
    Tokenizer tokenizer = Tokenizer.of(BYTE_PAIRS);

    assertThat(tokenizer.encodeChecked("abcd ab").tokenIds()).containsExactly(4, 2, 3, 5, 4);
    assertThat(tokenizer.encodeChecked("abcd ab").loss()).isNull();
    assertThat(tokenizer.vocabularySize()).isEqualTo(6);
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource({"ab, -1", "a Q, 2", "Qa, 0"})
  void whatAUnigramModelHasNoPieceForIsFound(String text, int place) {
    for (String unknown : List.of("null", "0")) {
      Tokenizer.Loss loss = Tokenizer.of(UNIGRAM.formatted(unknown)).firstLoss(text);

      assertThat(loss == null ? -1 : loss.start()).as("unk_id %s", unknown).isEqualTo(place);
    }
  }

  @ParameterizedTest(name = "{0} in {1}")
  @CsvSource({
    "'{\"type\": \"Lowercase\"}', abAb, 2",
    "'{\"type\": \"Replace\", \"pattern\": {\"String\": \"Q\"}, \"content\": \"\"}', abQcd, 2",
    "'{\"type\": \"Replace\", \"pattern\": {\"String\": \"Q\"}, \"content\": \"\"}', abcdQ, 4",
    "'{\"type\": \"Replace\", \"pattern\": {\"String\": \"Q\"}, \"content\": \"ab\"}', Q, 0",
  })
  void whatANormalizerChangesIsFound(String normalizer, String text, int place) {
    String json = BYTE_PAIRS.replace("\"normalizer\": null", "\"normalizer\": " + normalizer);

    Tokenizer.Loss loss = Tokenizer.of(json).firstLoss(text);

    assertThat(loss.start()).isEqualTo(place);
    assertThat(loss.isUnknown()).isFalse();
  }

  @Test
  void whatIsRemovedBetweenWordsIsFound() {
    String json =
        WORDS.replace(
            "{\"type\": \"Whitespace\"}",
            """
            {"type": "Split", "pattern": {"Regex": "[ ,]"}, "behavior": "Removed",
             "invert": false}""");

    assertThat(Tokenizer.of(json).firstLoss("my noble lord")).isNull();
    assertThat(Tokenizer.of(json).firstLoss("my noble,lord"))
        .isEqualTo(new Tokenizer.Loss(8, 9, false));
  }

  @ParameterizedTest
  @ValueSource(strings = {"naïve  café\n\tend ", "😀€é", " x", "x\u00a0y\u3000z\u2028", "\u0000"})
  void aTokenizerOfBytesLosesNothing(String text) throws IOException {
    Tokenizer tokenizer = Tokenizer.of(bytes());

    assertThat(tokenizer.firstLoss(text)).isNull();
    assertThat(tokenizer.decode(tokenizer.encode(text))).isEqualTo(text);
  }

  @Test
  void whiteSpaceMayBeLost() {
    assertThat(Tokenizer.of(WORDS).firstLoss(" my\n\nnoble\u00a0lord\t")).isNull();
  }

  @ParameterizedTest
  @CsvSource({
    "abc, abc, -1",
    "abc, ac, 1",
    "a b, ab, -1",
    "ab, a b, -1",
    "abc, ab, 2",
    "ab, abc, 1"
  })
  void aDifferenceIsTheFirstCharacterThatIsNotTheSame(String text, String other, int place) {
    Tokenizer.Loss loss = Tokenizer.firstDifference(text, other);

    assertThat(loss == null ? -1 : loss.start()).isEqualTo(place);
  }

  /** GPT-2's kind, without merges: a token for each byte, written as a visible character. */
  private static String bytes() {
    ObjectNode vocabulary = new ObjectMapper().createObjectNode();
    int others = 256;
    for (int b = 0; b < 256; b++) {
      boolean visible = b > 32 && b < 127 || b > 160 && b != 173;
      vocabulary.put(Character.toString(visible ? b : others++), b);
    }

    return """
        {"version": "1.0", "truncation": null, "padding": null, "added_tokens": [],
         "normalizer": null,
         "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true},
         "post_processor": {"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true},
         "decoder": {"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true},
         "model": {"type": "BPE", "vocab": %s, "merges": []}}
        """
        .formatted(vocabulary);
  }

  @Test
  void textOfCharactersIsNeverWrittenAsBytes() {
    Tokenizer tokenizer = Tokenizer.of(CharacterTokenizers.of("<0xE4>\ufffd"));

    assertThat(tokenizer.text(tokenizer.encode("<0xE4>\ufffd"))).isEqualTo("<0xE4>\ufffd");
    assertThat(Prompt.of("<0xE4>", tokenizer).text()).isEqualTo("<0xE4>");
  }

  @ParameterizedTest
  @ValueSource(strings = {"{\"model\": ", "tokens"})
  void whatIsNotJsonIsInvalidInput(String json) {
    assertThatThrownBy(() -> Tokenizer.of(json))
        .isInstanceOf(InvalidInput.class)
        .hasMessageStartingWith("tokenizer.json: not JSON: ");
  }

  @ParameterizedTest
  @ValueSource(strings = {"{}", "[]", "\"a string\"", "{\"model\": {\"type\": \"Abacus\"}}", ""})
  void jsonThatIsNotATokenizerIsInvalidInput(String json) {
    assertThatThrownBy(() -> Tokenizer.of(json))
        .isInstanceOf(InvalidInput.class)
        .hasMessageStartingWith("tokenizer.json: cannot be loaded: ");
  }

  private static Tokenizer tinyShakespeare() throws IOException {
    Path models = Path.of(System.getProperty("kindred.home"), "models");
    return Tokenizer.of(Files.readString(models.resolve("tinyshakespeare/tokenizer.json")));
  }
}
