/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.corpus;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;

/** Character-level {@code tokenizer.json} texts, in the form of those in {@code models/}. */
public final class CharacterTokenizers {
  private static final ObjectMapper JSON = new ObjectMapper();

  private CharacterTokenizers() {}

  /**
   * A tokenizer for the characters of a text; repetitions do not count.
   *
   * @return its JSON, with ids in the order of code points
   */
  public static String of(String characters) {
    ObjectNode root = JSON.createObjectNode();
    root.put("version", "1.0");
    root.putNull("truncation");
    root.putNull("padding");
    root.putArray("added_tokens");
    root.putNull("normalizer");
    ObjectNode split = root.putObject("pre_tokenizer");
    split.put("type", "Split");
    split.putObject("pattern").put("Regex", "[\\s\\S]");
    split.put("behavior", "Isolated");
    split.put("invert", false);
    root.putNull("post_processor");
    root.putObject("decoder").put("type", "Fuse");
    ObjectNode model = root.putObject("model");
    model.put("type", "WordLevel");
    ObjectNode vocabulary = model.putObject("vocab");
    characters
        .codePoints()
        .distinct()
        .sorted()
        .forEach(character -> vocabulary.put(Character.toString(character), vocabulary.size()));
    model.put("unk_token", "<unk>");
    try {
      return JSON.writeValueAsString(root);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a tree is always JSON", e);
    }
  }
}
