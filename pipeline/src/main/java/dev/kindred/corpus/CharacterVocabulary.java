/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.corpus;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.kindred.InvalidInput;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;

/** A tokenizer for every character that a corpus has, and no other. */
public final class CharacterVocabulary {
  private static final ObjectMapper JSON = new ObjectMapper();

  private CharacterVocabulary() {}

  /**
   * A character-level tokenizer whose ids follow the order of code points.
   *
   * @return the content of a {@code tokenizer.json}, as {@link Tokenizer} describes it
   * @throws InvalidInput if the corpus cannot be read, or is empty
   */
  public static String tokenizerJson(Corpus corpus) {
    List<Integer> characters =
        corpus
            .pieces(CutPlaces.CHARACTERS, 0)
            .flatMap(CharacterVocabulary::characters)
            .distinct()
            .collect()
            .stream()
            .sorted(Comparator.naturalOrder())
            .toList();
    if (characters.isEmpty()) {
      throw new InvalidInput("--corpus: empty, there is no text in it");
    }

    ObjectNode root = JSON.createObjectNode();
    root.put("version", "1.0").putNull("truncation").putNull("padding").putArray("added_tokens");
    root.putNull("normalizer");
    ObjectNode split = root.putObject("pre_tokenizer").put("type", "Split");
    split.putObject("pattern").put("Regex", "[\\s\\S]");
    split.put("behavior", "Isolated").put("invert", false);
    root.putNull("post_processor").putObject("decoder").put("type", "Fuse");
    ObjectNode model = root.putObject("model").put("type", "WordLevel");
    ObjectNode vocabulary = model.putObject("vocab");
    for (int character : characters) {
      vocabulary.put(Character.toString(character), vocabulary.size());
    }

    model.put("unk_token", "<unk>");
    try {
      return JSON.writerWithDefaultPrettyPrinter().writeValueAsString(root) + "\n";
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("texts, numbers and booleans are always JSON", e);
    }
  }

  private static Iterator<Integer> characters(Piece piece) {
    if (piece.problem() != null) {
      throw new Problem(piece.document(), piece.problem()).asInvalidInput();
    }

    return piece.text().codePoints().distinct().boxed().iterator();
  }
}
