/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.corpus;

import ai.djl.huggingface.tokenizers.Encoding;
import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import ai.djl.huggingface.tokenizers.jni.CharSpan;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.kindred.DjlEngine;
import dev.kindred.InvalidInput;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Iterator;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A {@code tokenizer.json}, run by DJL's Hugging Face tokenizers without special tokens, truncation
 * or padding.
 *
 * <p>A tokenizer is <em>character-level</em> when every code point becomes one token whatever
 * stands beside it: a Split on {@code [\s\S]} with a WordLevel model and nothing else. Text may
 * then be cut anywhere; with every other tokenizer a document is tokenised whole.
 *
 * <p>One instance per process and content; safe for use by several threads.
 */
public final class Tokenizer {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Map<String, Tokenizer> LOADED = new ConcurrentHashMap<>();

  private final HuggingFaceTokenizer tokenizer;
  private final boolean characterLevel;
  private final Set<Integer> knownCharacters; // code points; of a character-level tokenizer
  private final long unknownId; // of any other tokenizer; -1 if it has none
  private final int vocabularySize;

  private Tokenizer(
      HuggingFaceTokenizer tokenizer,
      boolean characterLevel,
      Set<Integer> knownCharacters,
      long unknownId,
      int vocabularySize) {
    this.tokenizer = tokenizer;
    this.characterLevel = characterLevel;
    this.knownCharacters = knownCharacters;
    this.unknownId = unknownId;
    this.vocabularySize = vocabularySize;
  }

  /**
   * The tokenizer of a {@code tokenizer.json}.
   *
   * @param json the file's content
   */
  public static Tokenizer of(String json) {
    return LOADED.computeIfAbsent(json, Tokenizer::load);
  }

  private static Tokenizer load(String json) {
    JsonNode root;
    try {
      root = JSON.readTree(json);
    } catch (JsonProcessingException e) {
      throw new InvalidInput("tokenizer.json: not JSON: %s", e.getOriginalMessage());
    }

    DjlEngine.setDefaults();
    HuggingFaceTokenizer tokenizer;
    try {
      tokenizer =
          HuggingFaceTokenizer.newInstance(
              new ByteArrayInputStream(json.getBytes(StandardCharsets.UTF_8)),
              Map.of("addSpecialTokens", "false", "truncation", "false", "padding", "false"));
    } catch (IOException | RuntimeException e) {
      throw new InvalidInput("tokenizer.json: cannot be loaded: %s", e.getMessage());
    }

    JsonNode model = root.path("model");
    JsonNode vocabulary = model.path("vocab");
    boolean characterLevel = isCharacterLevel(root);
    Set<Integer> characters = new HashSet<>();
    if (characterLevel) {
      for (Iterator<String> i = vocabulary.fieldNames(); i.hasNext(); ) {
        String token = i.next();
        if (token.codePointCount(0, token.length()) == 1) {
          characters.add(token.codePointAt(0));
        }
      }
    }

    long unknownId = vocabulary.path(model.path("unk_token").asText("")).asLong(-1);
    return new Tokenizer(tokenizer, characterLevel, characters, unknownId, greatestId(root) + 1);
  }

  /** Added tokens may be in the model's vocabulary, too, as GPT-2's end of text is. */
  private static int greatestId(JsonNode root) {
    JsonNode vocabulary = root.path("model").path("vocab");
    int greatest = vocabulary.isArray() ? vocabulary.size() - 1 : -1; // a place there is an id
    if (vocabulary.isObject()) {
      for (JsonNode id : vocabulary) {
        greatest = Math.max(greatest, id.asInt());
      }
    }

    for (JsonNode token : root.path("added_tokens")) {
      greatest = Math.max(greatest, token.path("id").asInt());
    }

    return greatest;
  }

  private static boolean isCharacterLevel(JsonNode root) {
    JsonNode split = root.path("pre_tokenizer");
    return split.path("type").asText().equals("Split")
        && split.path("pattern").path("Regex").asText().equals("[\\s\\S]")
        && split.path("behavior").asText().equals("Isolated")
        && !split.path("invert").asBoolean()
        && root.path("model").path("type").asText().equals("WordLevel")
        && root.path("normalizer").isNull()
        && root.path("post_processor").isNull()
        && root.path("added_tokens").isEmpty();
  }

  public boolean isCharacterLevel() {
    return characterLevel;
  }

  /** One more than the largest id of a token. Ids below it need not all have a token. */
  public int vocabularySize() {
    return vocabularySize;
  }

  /**
   * Where the first character stands that no token is for.
   *
   * @return index into the text, or empty if every character is known
   */
  public OptionalInt firstUnknown(String text) {
    if (!characterLevel) {
      return firstUnknownToken(text);
    }

    for (int i = 0; i < text.length(); ) {
      int character = text.codePointAt(i);
      if (!knownCharacters.contains(character)) {
        return OptionalInt.of(i);
      }

      i += Character.charCount(character);
    }

    return OptionalInt.empty();
  }

  private OptionalInt firstUnknownToken(String text) {
    if (unknownId < 0) {
      return OptionalInt.empty();
    }

    Encoding encoding = tokenizer.encode(text, false, false);
    long[] ids = encoding.getIds();
    for (int i = 0; i < ids.length; i++) {
      if (ids[i] == unknownId) {
        CharSpan span = encoding.getCharTokenSpans()[i];
        // Spans count code points.
        return OptionalInt.of(span == null ? 0 : text.offsetByCodePoints(0, span.getStart()));
      }
    }

    return OptionalInt.empty();
  }

  /** Token ids of a text in which {@link #firstUnknown} finds nothing. */
  public int[] encode(String text) {
    if (text.isEmpty()) {
      return new int[0];
    }

    long[] ids = tokenizer.encode(text, false, false).getIds();
    int[] tokenIds = new int[ids.length];
    for (int i = 0; i < ids.length; i++) {
      tokenIds[i] = Math.toIntExact(ids[i]);
    }

    return tokenIds;
  }

  /** The text of a token sequence. Ids without a token have none. */
  public String decode(int... tokenIds) {
    long[] ids = new long[tokenIds.length];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = tokenIds[i];
    }

    return tokenizer.decode(ids, false);
  }
}
