/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.corpus;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kindred.LocalSpark;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.stream.IntStream;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Documents in pieces, against a search for the places and the whole's tokens. */
@ExtendWith(LocalSpark.class)
class TestCutPlaces {
  /** What texts are made of: all that stands at a place, near one, and what is none. */
  private static final String[] PARTS = {
    "lord",
    "my",
    "é",
    "e\u0301",
    "你好",
    "𝒜",
    "a",
    " ",
    " ",
    " ",
    "  ",
    "\n",
    "\n\n",
    "\r\n",
    "\t",
    "'s",
    "'ll",
    "12",
    "3456",
    "!",
    "。",
    "<s>",
    "<|endoftext|>",
    "\u2581",
    "\u00a0",
    "\u3000",
    "<0x0A>"
  };

  private static final String LLAMA_3 =
      "{\"type\": \"Sequence\", \"pretokenizers\": [{\"type\": \"Split\", \"pattern\": {\"Regex\":"
          + " \"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\\\r\\\\n\\\\p{L}\\\\p{N}]?\\\\p{L}+|\\\\p{N}{1,3}|"
          + " ?[^\\\\s\\\\p{L}\\\\p{N}]+[\\\\r\\\\n]*|\\\\s*[\\\\r\\\\n]+|\\\\s+(?!\\\\S)|\\\\s+\"},"
          + " \"behavior\": \"Isolated\", \"invert\": false}, {\"type\": \"ByteLevel\","
          + " \"add_prefix_space\": false, \"trim_offsets\": true, \"use_regex\": false}]}";

  /** The tokenizers that a document may be cut for, by what they are called here. */
  private static String tokenizer(String name) throws IOException {
    String neox = Files.readString(Path.of("../models/neox-shakespeare/tokenizer.json"));
    return switch (name) {
      case "llama" -> Files.readString(Path.of("../models/llama-shakespeare/tokenizer.json"));
      case "neox" -> neox;
      case "llama 3" -> replaced(neox, "\"pre_tokenizer\":\\s*\\{[^}]*\\}", LLAMA_3);
      case "prefix" ->
          replaced(
              neox,
              "(\"pre_tokenizer\":\\s*\\{\\s*\"type\":\\s*\"ByteLevel\",\\s*\"add_prefix_space\":)\\s*false",
              "$1 true");
      case "digits" ->
          replaced(
              neox,
              "\"pre_tokenizer\":\\s*(\\{[^}]*\\})",
              "\"pre_tokenizer\": {\"type\": \"Sequence\", \"pretokenizers\": [{\"type\": \"Digits\","
                  + " \"individual_digits\": true}, $1]}");
      default -> throw new AssertionError(name);
    };
  }

  private static String replaced(String json, String pattern, String by) {
    String replacement = by.startsWith("{") ? "\"pre_tokenizer\": " + by : by;
    String other =
        json.replaceFirst(
            pattern, by.startsWith("{") ? Matcher.quoteReplacement(replacement) : replacement);
    assertThat(other).isNotEqualTo(json);
    return other;
  }

  @Test
  void placesAreWhereASearchFindsThem() {
    Random random = new Random(1);
    int found = 0;
    for (int i = 0; i < 300; i++) {
      String text = text(random, 40);
      List<Integer> expected = searched(text);
      byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
      assertThat(places(bytes)).as(text).isEqualTo(expected);
      found += expected.size();
    }

    assertThat(found).isGreaterThan(100);
  }

  /** The places of a text, by its characters one after the other. */
  private static List<Integer> searched(String text) {
    int[] characters = text.codePoints().toArray();
    List<Integer> places = new ArrayList<>();
    for (int i = 1; i + 1 < characters.length; i++) {
      boolean isBeforeBlank =
          characters[i] == ' '
              && Character.isLetter(characters[i - 1])
              && Character.isLetter(characters[i + 1]);
      boolean isAfterLineFeed =
          characters[i] == '\n'
              && "\n\r\t \u00a0\u3000".indexOf(characters[i - 1]) < 0
              && Character.isLetter(characters[i + 1]);
      if (isBeforeBlank || isAfterLineFeed) {
        String before = new String(characters, 0, isAfterLineFeed ? i + 1 : i);
        places.add(before.getBytes(StandardCharsets.UTF_8).length);
      }
    }

    return places;
  }

  /** All of a text's places but its end. */
  private static List<Integer> places(byte[] bytes) {
    List<Integer> places = new ArrayList<>();
    for (int place = CutPlaces.WORDS.first(bytes, 0, true);
        place < bytes.length;
        place = CutPlaces.WORDS.first(bytes, place + 1, true)) {
      places.add(place);
    }

    return places;
  }

  @Test
  void whatIsSaidOfAPartOfADocumentHoldsForTheWhole() {
    Random random = new Random(2);
    for (int i = 0; i < 100; i++) {
      byte[] bytes = text(random, 30).getBytes(StandardCharsets.UTF_8);
      for (int from = 0; from < bytes.length; from++) {
        int before = Math.max(0, from - CutPlaces.BEFORE);
        int until = Math.min(bytes.length, from + 1 + random.nextInt(40));
        byte[] part = Arrays.copyOfRange(bytes, before, until);
        int place = CutPlaces.WORDS.first(part, from - before, false);
        if (place != CutPlaces.UNDECIDED) {
          assertThat(before + place).isEqualTo(CutPlaces.WORDS.first(bytes, from, true));
        }

        int end = CutPlaces.WORDS.following(part, from - before, 2, false);
        if (end != CutPlaces.UNDECIDED) {
          assertThat(before + end).isEqualTo(CutPlaces.WORDS.following(bytes, from, 2, true));
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"llama", "neox", "llama 3", "prefix", "digits"})
  void tokensOfPiecesAreThoseOfTheWhole(String name) throws IOException {
    Tokenizer tokenizer = Tokenizer.of(tokenizer(name));
    assertThat(tokenizer.cutPlaces()).isEqualTo(CutPlaces.WORDS);

    Random random = new Random(3);
    for (int i = 0; i < 150; i++) {
      String text = text(random, 30);
      int[] whole = tokenizer.encode(text);
      byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
      for (int place : places(bytes)) {
        String left = new String(bytes, 0, place, StandardCharsets.UTF_8);
        String right = new String(bytes, place, bytes.length - place, StandardCharsets.UTF_8);
        assertThat(joined(tokenizer.encode(left), tokenizer.encodeWithin(right)))
            .as("%s | %s", left, right)
            .isEqualTo(whole);
        assertThat(tokenizer.encodeCheckedWithin(right).tokenIds())
            .isEqualTo(tokenizer.encodeWithin(right));
        int end = CutPlaces.WORDS.following(bytes, place, 3, true);
        int[] following =
            tokenizer.encodeWithin(new String(bytes, place, end - place, StandardCharsets.UTF_8));
        assertThat(tokenizer.encodeWithin(right)).startsWith(following);
        assertThat(following.length >= 3 || end == bytes.length).isTrue();
      }
    }
  }

  private static int[] joined(int[] left, int... right) {
    return IntStream.concat(Arrays.stream(left), Arrays.stream(right)).toArray();
  }

  @ParameterizedTest(name = "{0} with {2} for {1}")
  @CsvSource(
      delimiter = '~',
      quoteCharacter = '`',
      value = {
        // a word with a blank in it; one that ends a line and begins another
        "llama ~ \"vocab\": { ~ \"vocab\": {\"o▁my\": 1024,",
        "llama ~ \"vocab\": { ~ \"vocab\": {\"\\nmy\": 1024,",
        "llama ~ \"dropout\": null ~ \"dropout\": 0.1",
        "llama ~ \"prepend\": \"▁\" ~ \"prepend\": \"_\"",
        "llama ~ \"content\": \"<s>\" ~ \"content\": \"a b\"",
        "llama ~ \"pre_tokenizer\": null ~ \"pre_tokenizer\": {\"type\": \"Split\", \"pattern\": "
            + "{\"Regex\": \"a b\"}, \"behavior\": \"Isolated\", \"invert\": false}",
        "neox ~ \"NFC\" ~ \"NFKC\"",
        "neox ~ \"content\": \"<|padding|>\" ~ \"content\": \"pad ding\"",
      })
  void aTokenizerThatDiffersInOneThingTokenisesDocumentsWhole(
      String name, String part, String other) throws IOException {
    String json = tokenizer(name);
    assertThat(json).contains(part);

    assertThat(Tokenizer.of(json.replace(part, other)).cutPlaces()).isEqualTo(CutPlaces.NOWHERE);
  }

  @Test
  void aFileIsCutAsTheSameTextInMemory(@TempDir Path folder, SparkSession spark)
      throws IOException {
    Random random = new Random(4);
    int step = CutPlaces.WORDS.step();
    // Nowhere to cut in more than a step, so that a piece is empty; and then up to the end.
    String text =
        text(random, 700_000) + "ü".repeat(step) + text(random, 100_000) + "1 ".repeat(step / 8);
    Path file = Files.writeString(folder.resolve("a.txt"), text);
    DocumentName name = DocumentName.file("file:" + file);
    List<Piece> expected = Piece.of(name, text, CutPlaces.WORDS, 10);

    assertThat(expected.stream().map(Piece::text)).contains("");
    assertThat(String.join("", expected.stream().map(Piece::text).toList())).isEqualTo(text);
    assertThat(
            Corpus.open(spark, folder.toString(), Corpus.Format.AUTO, "text")
                .pieces(CutPlaces.WORDS, 10)
                .map(TestCutPlaces::described)
                .collect())
        .isEqualTo(expected.stream().map(TestCutPlaces::described).toList());
  }

  /** A piece that is not serializable, without its texts. */
  private static String described(Piece piece) {
    return String.join(
        " ",
        piece.document().toString(),
        Boolean.toString(piece.startsDocument()),
        piece.text().isEmpty() ? "" : Long.toString(piece.offset()),
        piece.text().length() + ":" + piece.text().hashCode(),
        piece.following(),
        String.valueOf(piece.problem()));
  }

  private static String text(Random random, int parts) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < parts; i++) {
      text.append(PARTS[random.nextInt(PARTS.length)]);
    }

    return text.toString();
  }
}
