/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.corpus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kindred.InvalidInput;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
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
  void firstUnknownIsTheIndexOfTheCharacter(String text, int expected) throws IOException {
    assertThat(tinyShakespeare().firstUnknown(text)).hasValue(expected);
  }

  @Test
  void firstUnknownIsAnIndexIntoTheJavaString() {
    Tokenizer tokenizer = Tokenizer.of(CharacterTokenizers.of("a😀"));

    assertThat(tokenizer.firstUnknown("😀😀ab")).hasValue(5);
  }

  @Test
  void firstUnknownIsEmptyWhereAllCharactersAreKnown() throws IOException {
    assertThat(tinyShakespeare().firstUnknown("O, that this too\n")).isEmpty();
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
  void firstUnknownFindsTheWordThatOnlyTheUnknownTokenStandsFor() {
    assertThat(Tokenizer.of(WORDS).firstUnknown("my good lord")).hasValue(3);
  }

  @Test
  void firstUnknownWordIsAnIndexIntoTheJavaString() {
    String json =
        WORDS.replace("noble", "nöble😀").replace("\"Whitespace\"", "\"WhitespaceSplit\"");

    assertThat(Tokenizer.of(json).firstUnknown("nöble😀 my good lord")).hasValue(11);
  }

  @Test
  void firstUnknownIsEmptyWhereAllWordsAreKnown() {
    assertThat(Tokenizer.of(WORDS).firstUnknown("my noble lord")).isEmpty();
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
