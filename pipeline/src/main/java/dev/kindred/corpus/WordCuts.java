/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.corpus;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * What of a {@code tokenizer.json} says that a document may be cut at {@link CutPlaces#WORDS}. A
 * tokenizer that has anything else than what is known here may not.
 *
 * <p>Either the pre-tokenizer ends a word at each of these places, whatever stands on the other
 * side, so that words on both sides are tokenised by themselves; or there are no words, and no
 * token of a byte pair encoding has such a place in it, so that no pair across it is ever merged.
 */
final class WordCuts {
  /** SentencePiece's blank. */
  private static final String BLANK = "\u2581";

  /**
   * Expressions of words in use, in which white space never follows a letter, and a letter never a
   * line feed.
   */
  private static final Set<String> EXPRESSIONS =
      Set.of(
          "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+",
          "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}"
              + "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
          "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}"
              + "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
          "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?+\\p{L}+|\\p{N}{1,3}"
              + "| ?[^\\s\\p{L}\\p{N}]++[\\r\\n]*|\\s*[\\r\\n]|\\s+(?!\\S)|\\s+");

  private boolean areKnown = true;
  private boolean endWords;
  private boolean isBlankReplaced;
  private boolean areBytes;
  private boolean putBlanksFirst;

  private WordCuts() {}

  /**
   * Whether documents may be cut.
   *
   * @param root a {@code tokenizer.json}
   * @param marksLineBreaks whether tokens of a text can be told from those of a line break before
   *     it
   */
  static boolean areAllowedBy(JsonNode root, boolean marksLineBreaks) {
    WordCuts cuts = new WordCuts();
    parts(root.path("normalizer"), "normalizers").forEach(cuts::normalize);
    parts(root.path("pre_tokenizer"), "pretokenizers").forEach(cuts::split);
    return cuts.areKnown
        && (marksLineBreaks || !cuts.putBlanksFirst)
        && (cuts.endWords || cuts.areBetweenTokens(root.path("model")))
        && addedTokensAllow(root.path("added_tokens"));
  }

  private static List<JsonNode> parts(JsonNode part, String sequence) {
    List<JsonNode> parts = new ArrayList<>();
    if (part.path("type").asText().equals("Sequence")) {
      part.path(sequence).forEach(one -> parts.addAll(parts(one, sequence)));
    } else if (!part.isNull() && !part.isMissingNode()) {
      parts.add(part);
    }

    return parts;
  }

  private void normalize(JsonNode normalizer) {
    switch (normalizer.path("type").asText()) {
      case "NFC" -> {}
      case "Prepend" -> {
        putBlanksFirst = true;
        areKnown &= normalizer.path("prepend").asText().equals(BLANK);
      }
      case "Replace" -> {
        isBlankReplaced = true;
        areKnown &=
            normalizer.path("pattern").path("String").asText().equals(" ")
                && normalizer.path("content").asText().equals(BLANK);
      }
      default -> areKnown = false;
    }
  }

  private void split(JsonNode splitter) {
    switch (splitter.path("type").asText()) {
      case "Digits" -> {}
      case "Whitespace", "WhitespaceSplit" -> endWords = true;
      case "ByteLevel" -> {
        areBytes = true;
        putBlanksFirst |= splitter.path("add_prefix_space").asBoolean(true);
        endWords |= splitter.path("use_regex").asBoolean(true);
      }
      case "Metaspace" -> {
        isBlankReplaced = true;
        putBlanksFirst = true;
        areKnown &= splitter.path("replacement").asText().equals(BLANK);
      }
      case "Split" -> {
        String behavior = splitter.path("behavior").asText();
        boolean isInverted = splitter.path("invert").asBoolean();
        boolean isKnown =
            EXPRESSIONS.contains(splitter.path("pattern").path("Regex").asText())
                && (behavior.equals("Isolated") && !isInverted
                    || behavior.equals("Removed") && isInverted);
        // No blank is left where all are replaced.
        areKnown &=
            isKnown
                || isBlankReplaced && splitter.path("pattern").path("String").asText().equals(" ");
        endWords |= isKnown;
      }
      default -> areKnown = false;
    }
  }

  /** Whether tokens of a model are merged pairs, and none has a place to cut in it. */
  private boolean areBetweenTokens(JsonNode model) {
    if (!model.path("type").asText().equals("BPE")
        || model.path("dropout").asDouble(0) != 0
        || model.path("ignore_merges").asBoolean()
        || !model.path("continuing_subword_prefix").asText("").isEmpty()
        || !model.path("end_of_word_suffix").asText("").isEmpty()) {
      return false;
    }

    char blank = isBlankReplaced ? BLANK.charAt(0) : areBytes ? '\u0120' : ' ';
    char lineFeed = areBytes ? '\u010a' : '\n';
    for (var tokens = model.path("vocab").fieldNames(); tokens.hasNext(); ) {
      String token = tokens.next();
      for (int i = 1; i < token.length(); i++) {
        if (token.charAt(i) == blank && token.charAt(i - 1) != blank
            || token.charAt(i - 1) == lineFeed && token.charAt(i) != lineFeed) {
          return false;
        }
      }
    }

    return true;
  }

  /** Whether no token that stands beside those of the model can have a place to cut in it. */
  private static boolean addedTokensAllow(JsonNode tokens) {
    for (JsonNode token : tokens) {
      String content = token.path("content").asText();
      boolean takesBlanks = token.path("lstrip").asBoolean() || token.path("rstrip").asBoolean();
      boolean isWhite = content.chars().allMatch(WordCuts::isWhite);
      boolean hasWhite = content.chars().anyMatch(WordCuts::isWhite);
      boolean isBesideLetters =
          !content.isEmpty()
              && (Character.isLetter(content.codePointAt(0))
                  || Character.isLetter(content.codePointBefore(content.length())));
      if (hasWhite && !isWhite || takesBlanks && (isWhite || isBesideLetters)) {
        return false;
      }
    }

    return true;
  }

  private static boolean isWhite(int character) {
    return Character.isWhitespace(character)
        || Character.isSpaceChar(character)
        || character == BLANK.charAt(0);
  }
}
