/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model.files;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.kindred.math.SplitMix;
import java.util.List;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A tokenizer for a model that was never trained and has none: its random vectors know no words, so
 * that a text is to it the pattern of equal words. A word begins with what stands for the blank
 * before it, also at the beginning of a text; signs are tokens of their own.
 */
final class WordTokenizer {
  private static final String BLANK = "\u2581";
  private static final String LINE_BREAK = "\n";
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Pattern PIECES = Pattern.compile("[\\p{P}\\p{Punct}]|[^\\p{P}\\p{Punct}]+");

  private WordTokenizer() {}

  /**
   * Returns a {@code tokenizer.json}. A word has an id from 1 that comes from the word itself,
   * whatever others there are; where two have the same, the one that is later in the alphabet has
   * the next that is free.
   *
   * @param texts whose words are tokens; other ids are called {@code <5>}
   * @param size of the vocabulary, V
   */
  static String json(List<String> texts, int size) {
    TreeSet<String> words = new TreeSet<>(List.of(BLANK + LINE_BREAK));
    for (String text : texts) {
      Stream.of(text.split("[ \n]"))
          .flatMap(word -> PIECES.matcher(BLANK + word).results())
          .forEach(piece -> words.add(piece.group()));
    }

    ObjectNode json = JSON.createObjectNode().put("version", "1.0");
    json.putArray("added_tokens");
    ObjectNode cut = json.putObject("pre_tokenizer").put("type", "Sequence");
    ArrayNode cuts = cut.putArray("pretokenizers");
    cuts.addObject()
        .put("type", "Split")
        .put("behavior", "Isolated")
        .put("invert", false)
        .putObject("pattern")
        .put("String", LINE_BREAK);
    cuts.add(ofBlanks()).addObject().put("type", "Punctuation");
    json.set("decoder", ofBlanks());
    ObjectNode model = json.putObject("model").put("type", "WordLevel").put("unk_token", name(0));
    ObjectNode vocabulary = model.putObject("vocab").put(name(0), 0);
    String[] byId = byId(words, size);
    for (int id = 1; id < size; id++) {
      vocabulary.put(byId[id] == null ? name(id) : byId[id], id);
    }

    return json.toString();
  }

  /** Words by their ids; as many as there are ids from 1. */
  private static String[] byId(TreeSet<String> words, int size) {
    String[] byId = new String[size];
    words.stream()
        .limit(size - 1)
        .forEach(
            word -> {
              long mixed = 0;
              for (int i = 0; i < word.length(); i++) {
                mixed = SplitMix.hash(mixed ^ word.charAt(i));
              }

              int id = 1 + (int) Math.floorMod(mixed, (long) size - 1);
              while (byId[id] != null) {
                id = id + 1 < size ? id + 1 : 1;
              }

              byId[id] = word;
            });
    return byId;
  }

  private static ObjectNode ofBlanks() {
    return JSON.createObjectNode()
        .put("type", "Metaspace")
        .put("replacement", BLANK)
        .put("prepend_scheme", "always")
        .put("split", true);
  }

  private static String name(int id) {
    return "<" + id + ">";
  }
}
