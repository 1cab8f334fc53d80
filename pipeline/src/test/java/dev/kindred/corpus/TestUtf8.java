/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.corpus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kindred.InvalidInput;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TestUtf8 {
  /** A character of each length in UTF-8, beside some at the ends of each length's range. */
  private static final int[] ALPHABET = {
    'a', '\n', 0x7f, 0x80, 'é', 0x7ff, 0x800, '€', 0xfeff, 0xffff, 0x10000, 0x1f600, 0x10ffff
  };

  @Test
  void everyCutLeavesEveryCharacterWholeOnOneSide() {
    Random random = new Random(20);
    for (int round = 0; round < 200; round++) {
      String text = randomText(random, 1 + random.nextInt(30));
      byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
      for (int cut = 0; cut <= bytes.length; cut++) {
        int boundary = Utf8.boundary(bytes, cut);

        String before = new String(bytes, 0, boundary, StandardCharsets.UTF_8);
        String after = new String(bytes, boundary, bytes.length - boundary, StandardCharsets.UTF_8);
        assertThat(before + after).as("text cut at byte %d of %s", cut, text).isEqualTo(text);
      }
    }
  }

  @Test
  void aCharacterBelongsToTheSideOnWhichItBegins() {
    Random random = new Random(21);
    for (int round = 0; round < 200; round++) {
      String text = randomText(random, 1 + random.nextInt(30));
      byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
      for (int cut = 0; cut <= bytes.length; cut++) {
        int expected = 0;
        for (int character : text.codePoints().toArray()) {
          if (expected < cut) {
            expected += Character.toString(character).getBytes(StandardCharsets.UTF_8).length;
          }
        }

        assertThat(Utf8.boundary(bytes, cut))
            .as("boundary for byte %d of %s", cut, text)
            .isEqualTo(expected);
      }
    }
  }

  @Test
  void aCutNeedsOnlyThreeBytesBeforeIt() {
    Random random = new Random(22);
    for (int round = 0; round < 200; round++) {
      byte[] bytes = randomText(random, 30).getBytes(StandardCharsets.UTF_8);
      int cut = 3 + random.nextInt(bytes.length - 3);
      byte[] tail = java.util.Arrays.copyOfRange(bytes, cut - 3, bytes.length);

      assertThat(Utf8.boundary(tail, 3) + cut - 3)
          .as("boundary for byte %d", cut)
          .isEqualTo(Utf8.boundary(bytes, cut));
    }
  }

  @ParameterizedTest
  @CsvSource({"0, 0", "1, 1", "2, 3", "3, 6", "4, 10", "5, 11", "9, 11"})
  void afterCountsCharactersNotBytes(int characters, int expected) {
    byte[] bytes = "aé€😀b".getBytes(StandardCharsets.UTF_8);

    assertThat(Utf8.after(bytes, 0, characters)).isEqualTo(expected);
  }

  @Test
  void afterCountsFromWhereItIsTold() {
    byte[] bytes = "aé€😀b".getBytes(StandardCharsets.UTF_8);

    assertThat(Utf8.after(bytes, 3, 2)).isEqualTo(10);
  }

  @Test
  void decodeGivesARangeOfAnyValidText() {
    Random random = new Random(23);
    for (int round = 0; round < 200; round++) {
      String text = randomText(random, 30);
      byte[] bytes = ("xx" + text + "yyy").getBytes(StandardCharsets.UTF_8);

      assertThat(Utf8.decode(bytes, 2, bytes.length - 3, 0)).isEqualTo(text);
    }
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource({
    "a lone continuation byte, 6162806364, 0x80, 2",
    "a truncated sequence at the end, 616263e282, 0xE2, 3",
    "a truncated sequence before a letter, 61e28263, 0xE2, 1",
    "an overlong slash, 616263c0af, 0xC0, 3",
    "an overlong three-byte sequence, 61e0809f62, 0xE0, 1",
    "a surrogate, 6162eda08063, 0xED, 2",
    "a byte that is never part of UTF-8, 61ff62, 0xFF, 1",
    "a character above U+10FFFF, f4908080, 0xF4, 0",
    "a bad byte after a long character, f09f9880fe, 0xFE, 4",
  })
  void decodeNamesTheFirstBadByteAndItsOffset(
      String what, String hex, String expectedByte, int expectedOffset) {
    byte[] bytes = java.util.HexFormat.of().parseHex(hex);

    assertThatThrownBy(() -> Utf8.decode(bytes, 0, bytes.length, 0))
        .isInstanceOf(InvalidInput.class)
        .hasMessage(
            "not UTF-8: byte %s at byte offset %d; convert the file to UTF-8",
            expectedByte, expectedOffset);
  }

  @Test
  void decodeAddsTheBytesBeforeTheArrayToTheOffset() {
    byte[] bytes = {'a', 'b', (byte) 0xff};

    assertThatThrownBy(() -> Utf8.decode(bytes, 1, 3, 5_000_000_000L))
        .isInstanceOf(InvalidInput.class)
        .hasMessageContaining("byte offset 5000000002");
  }

  private static String randomText(Random random, int characters) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < characters; i++) {
      text.appendCodePoint(ALPHABET[random.nextInt(ALPHABET.length)]);
    }

    return text.toString();
  }
}
