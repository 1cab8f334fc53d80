/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.locality;

import dev.kindred.corpus.Tokenizer;
import java.util.Arrays;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * What kind of token stands at each place of a text. Of tokens of several characters a token's own
 * text decides (the classes of the study "Locality"); of characters, what stands around them does,
 * too.
 *
 * @param classes of the tokens, T
 * @param wordStarts index of the token in which the word begins that a token is in, T; -1 where it
 *     has no letter
 */
record TokenClasses(String[] classes, int[] wordStarts) {
  private static final Set<String> COMMON =
      Set.of(
          "and", "of", "or", "in", "to", "that", "which", "with", "for", "the", "a", "an", "they",
          "on", "is", "their", "but", "are", "its", "i", "we", "it", "at");
  private static final Pattern LETTERS = Pattern.compile(" ?[a-zA-Z]+");

  static TokenClasses of(Tokenizer tokenizer, int[] tokenIds) {
    String[] texts = Arrays.stream(tokenIds).mapToObj(tokenizer::text).toArray(String[]::new);
    String[] classes = new String[texts.length];
    if (tokenizer.isCharacterLevel()) {
      String text = String.join("", texts);
      if (text.codePointCount(0, text.length()) != texts.length) {
        throw new IllegalStateException("characters are not tokens: " + text);
      }

      int[] characters = text.codePoints().toArray();
      Arrays.setAll(classes, i -> ofCharacter(characters, i));
    } else {
      Arrays.setAll(classes, i -> ofToken(texts[i]));
    }

    return new TokenClasses(classes, wordStarts(texts));
  }

  /** The class of a token of several characters: the first that fits. */
  static String ofToken(String text) {
    return switch (text) {
      case "\n" -> "newline";
      case "." -> "full_stop";
      case "," -> "comma";
      default -> {
        if (!LETTERS.matcher(text).matches()) {
          yield "other";
        }

        yield COMMON.contains(text.strip().toLowerCase(Locale.ROOT)) ? "common" : "alpha";
      }
    };
  }

  /** The class of a character of a text: the first that fits. */
  static String ofCharacter(int[] text, int index) {
    int character = text[index];
    switch (character) {
      case '\n':
        return "newline";
      case '.':
        return "full_stop";
      case '!', '?':
        return "sentence_end";
      case ',':
        return "comma";
      case ' ':
        return "blank";
      default:
        break;
    }

    if (character >= '0' && character <= '9') {
      return "digit";
    }

    if (!isLetter(character)) {
      return "punctuation";
    }

    int from = index;
    while (from > 0 && isLetter(text[from - 1])) {
      from--;
    }

    int to = index + 1;
    while (to < text.length && isLetter(text[to])) {
      to++;
    }

    String word = new String(text, from, to - from).toLowerCase(Locale.ROOT);
    if (COMMON.contains(word)) {
      return "common_word";
    }

    return index == from ? "word_initial" : index == to - 1 ? "word_final" : "letter";
  }

  private static boolean isLetter(int character) {
    return character >= 'a' && character <= 'z' || character >= 'A' && character <= 'Z';
  }

  private static int[] wordStarts(String[] texts) {
    int[] starts = new int[texts.length];
    for (int i = 0; i < texts.length; i++) {
      String text = texts[i];
      if (text.chars().noneMatch(TokenClasses::isLetter)) {
        starts[i] = -1;
      } else if (i > 0
          && isLetter(text.charAt(0))
          && !texts[i - 1].isEmpty()
          && isLetter(texts[i - 1].charAt(texts[i - 1].length() - 1))) {
        starts[i] = starts[i - 1];
      } else {
        starts[i] = i;
      }
    }

    return starts;
  }
}
