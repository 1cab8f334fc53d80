/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.corpus;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import ai.djl.huggingface.tokenizers.jni.CharSpan;
import ai.djl.huggingface.tokenizers.jni.TokenizersLibrary;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.kindred.DjlEngine;
import dev.kindred.InvalidInput;
import dev.kindred.JsonProblem;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A {@code tokenizer.json}, run by DJL's Hugging Face tokenizers without special tokens, truncation
 * or padding.
 *
 * <p>A tokenizer is <em>character-level</em> when every code point becomes one token whatever
 * stands beside it: a Split on {@code [\s\S]} with a WordLevel model and nothing else. Text may
 * then be cut anywhere; {@link #cutPlaces} says where it may be with others.
 *
 * <p>One instance per process and content; safe for use by several threads.
 */
public final class Tokenizer {
  private static final ObjectMapper JSON =
      new ObjectMapper()
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(DeserializationFeature.FAIL_ON_READING_DUP_TREE_KEY);
  private static final Map<String, Tokenizer> LOADED = new ConcurrentHashMap<>();
  private static final int NO_ID = Integer.MAX_VALUE;

  /** No text: noncharacters of Unicode. */
  private static final String UNKNOWN = "\ufdd0unknown\ufdd1";

  private final HuggingFaceTokenizer tokenizer;
  private final boolean characterLevel;
  private final CutPlaces cutPlaces;
  private final CharacterIds characterIds; // of a character-level tokenizer
  private final int unknownId; // of any other tokenizer
  private final boolean isCheckedByDecoding;
  private final int vocabularySize;
  private final int[] lineBreak; // tokens; null where a text's beginning is as any other place
  private final String lineBreakText;
  private final byte[][] bytesOfTokens; // null where they stand for characters only
  private final Integer beginning;
  private final Set<Integer> addedTokens;

  private Tokenizer(
      HuggingFaceTokenizer tokenizer,
      boolean characterLevel,
      CharacterIds characterIds,
      int unknownId,
      boolean isCheckedByDecoding,
      int vocabularySize,
      byte[][] bytesOfTokens,
      Set<Integer> addedTokens,
      JsonNode root) {
    this.addedTokens = addedTokens;
    this.tokenizer = tokenizer;
    this.characterLevel = characterLevel;
    this.characterIds = characterIds;
    this.unknownId = unknownId;
    this.isCheckedByDecoding = isCheckedByDecoding;
    this.vocabularySize = vocabularySize;
    this.bytesOfTokens = bytesOfTokens;
    this.lineBreak = treatsBeginnings() ? encode("\n") : null;
    this.lineBreakText = lineBreak == null ? null : decode(lineBreak);
    this.beginning = characterLevel ? null : findBeginning();
    this.cutPlaces =
        characterLevel
            ? CutPlaces.CHARACTERS
            : WordCuts.areAllowedBy(root, lineBreak != null) ? CutPlaces.WORDS : CutPlaces.NOWHERE;
  }

  /**
   * Whether the first word of a text gets other tokens than it has within a text, or loses its
   * blank when it is decoded: SentencePiece's way puts a blank before every text, and takes it away
   * again.
   */
  private boolean treatsBeginnings() {
    if (characterLevel) {
      return false;
    }

    int[] within = withinLine(encode("\n"), "a");
    return within != null
        && (!Arrays.equals(within, encode("a"))
            || decode(encode("\n a")).equals("\n a") && !decode(encode(" a")).equals(" a"));
  }

  /** Tokens of a text that stands behind a line break; null where both have tokens in common. */
  private int[] withinLine(int[] lineBreakIds, String text) {
    int[] both = encode("\n" + text);
    return lineBreakIds.length > 0
            && Arrays.equals(
                lineBreakIds, Arrays.copyOf(both, Math.min(both.length, lineBreakIds.length)))
        ? Arrays.copyOfRange(both, lineBreakIds.length, both.length)
        : null;
  }

  private Integer findBeginning() {
    int[] with = ids(tokenizer.encode("a", true, false).getIds());
    int[] without = encode("a");
    return with.length > without.length && (without.length == 0 || with[0] != without[0])
        ? (Integer) with[0]
        : null;
  }

  /**
   * The token that the tokenizer puts before every text when it is asked for special tokens; null
   * for none.
   */
  public Integer beginning() {
    return beginning;
  }

  /** Whether there are tokens that stand beside those of its model, such as ends of texts. */
  public boolean hasAddedTokens() {
    return !addedTokens.isEmpty();
  }

  /** Whether a token is one of these. */
  public boolean isAdded(int tokenId) {
    return addedTokens.contains(tokenId);
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
      throw new InvalidInput("tokenizer.json: not JSON: %s", JsonProblem.line(e));
    }

    int vocabularySize = greatestId(root) + 1;
    boolean characterLevel = isCharacterLevel(root);
    int unknownId = characterLevel ? -1 : unknownId(root);
    String loaded = characterLevel ? json : root.toString();
    DjlEngine.setDefaults();
    HuggingFaceTokenizer tokenizer;
    try {
      tokenizer =
          HuggingFaceTokenizer.newInstance(
              new ByteArrayInputStream(loaded.getBytes(StandardCharsets.UTF_8)),
              Map.of("addSpecialTokens", "false", "truncation", "false", "padding", "false"));
    } catch (IOException | RuntimeException e) {
      throw new InvalidInput("tokenizer.json: cannot be loaded: %s", e.getMessage());
    }

    String decoder = root.path("decoder").path("type").asText();
    boolean decodes = !decoder.isEmpty() && !decoder.equals("WordPiece"); // which removes blanks
    return new Tokenizer(
        tokenizer,
        characterLevel,
        characterLevel ? CharacterIds.of(root.path("model").path("vocab")) : null,
        unknownId,
        decodes,
        vocabularySize,
        TokenBytes.of(root, vocabularySize),
        addedTokens(root),
        root);
  }

  private static Set<Integer> addedTokens(JsonNode root) {
    Set<Integer> ids = new HashSet<>();
    root.path("added_tokens").forEach(token -> ids.add(token.path("id").asInt()));
    return ids;
  }

  /**
   * The id of the token that stands for what no other does. A model without one gets one here,
   * since it would drop what it does not know, or fail: the others' ids do not change.
   */
  private static int unknownId(JsonNode root) {
    if (!(root.path("model") instanceof ObjectNode model)) {
      return NO_ID;
    }

    if (model.path("vocab") instanceof ArrayNode pieces) { // of a Unigram model
      if (!model.path("unk_id").isInt() && greatestAdded(root) >= pieces.size()) {
        return NO_ID; // one more piece would be counted before them
      }

      if (!model.path("unk_id").isInt()) {
        pieces.addArray().add(UNKNOWN).add(0.0);
        model.put("unk_id", pieces.size() - 1);
      }

      return model.path("unk_id").asInt();
    }

    if (!(model.path("vocab") instanceof ObjectNode vocabulary)) {
      return NO_ID;
    }

    if (!model.path("unk_token").isTextual()) {
      model.put("unk_token", UNKNOWN);
    }

    String unknown = model.path("unk_token").asText();
    if (!vocabulary.has(unknown)) {
      // Added tokens that the vocabulary lacks are numbered by its size, which grows now.
      for (JsonNode token : root.path("added_tokens")) {
        String content = token.path("content").asText();
        if (!vocabulary.has(content)) {
          vocabulary.put(content, id(content, token.path("id")));
        }
      }

      vocabulary.put(unknown, NO_ID);
    }

    return vocabulary.path(unknown).asInt();
  }

  private static int greatestAdded(JsonNode root) {
    int greatest = -1;
    for (JsonNode token : root.path("added_tokens")) {
      greatest = Math.max(greatest, id(token.path("content").asText(), token.path("id")));
    }

    return greatest;
  }

  /** Added tokens may be in the model's vocabulary, too, as GPT-2's end of text is. */
  private static int greatestId(JsonNode root) {
    JsonNode vocabulary = root.path("model").path("vocab");
    int greatest = vocabulary.isArray() ? vocabulary.size() - 1 : -1; // a place there is an id
    if (vocabulary.isObject()) {
      for (Map.Entry<String, JsonNode> token : vocabulary.properties()) {
        greatest = Math.max(greatest, id(token.getKey(), token.getValue()));
      }
    }

    return Math.max(greatest, greatestAdded(root));
  }

  /** An id for which there is a vocabulary size. */
  private static int id(String token, JsonNode id) {
    if (!id.isInt() || id.asInt() < 0 || id.asInt() == Integer.MAX_VALUE) {
      throw new InvalidInput(
          "tokenizer.json: the id of token %s is %s, expected a whole number from 0 to %d",
          TextNode.valueOf(token), id, Integer.MAX_VALUE - 1);
    }

    return id.asInt();
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

  /** Where a document may be cut: its pieces' tokens are those of the whole. */
  CutPlaces cutPlaces() {
    return cutPlaces;
  }

  /** One more than the largest id of a token. Ids below it need not all have a token. */
  public int vocabularySize() {
    return vocabularySize;
  }

  /**
   * What of a text is not in its tokens.
   *
   * @param start index into the text
   * @param end index after it
   * @param isUnknown whether there is no token for it; otherwise the tokenizer drops or changes it
   */
  record Loss(int start, int end, boolean isUnknown) {
    private static final int LONGEST = 40;

    /** The character, or the word, for a message. */
    String describe(String text) {
      int first = text.codePointAt(start);
      if (end <= start + Character.charCount(first)) {
        return Characters.describe(first);
      }

      String word = text.substring(start, end);
      return word.codePointCount(0, word.length()) > LONGEST || word.matches("(?s).*\\p{C}.*")
          ? "what begins with " + Characters.describe(first)
          : '"' + word + '"';
    }
  }

  /** Token ids of a text, and the first thing that is not in them; null if all is. */
  record Encoded(int[] tokenIds, Loss loss) {}

  /**
   * Tokenises a text and looks whether the tokens are all of it. White space may be lost: some
   * tokenizers only use it to find words.
   */
  Encoded encodeChecked(String text) {
    if (text.isEmpty()) {
      return new Encoded(new int[0], null);
    }

    if (characterLevel) {
      int place = characterIds.firstUnknown(text);
      return place == text.length()
          ? new Encoded(characterIds.encode(text), null)
          : new Encoded(
              new int[0],
              new Loss(place, place + Character.charCount(text.codePointAt(place)), true));
    }

    int[] tokenIds = encode(text);
    return new Encoded(tokenIds, loss(text, tokenIds));
  }

  /** The same of a text as it is within a longer one, see {@link #encodeWithin}. */
  Encoded encodeCheckedWithin(String text) {
    if (lineBreak == null || text.isEmpty()) {
      return encodeChecked(text);
    }

    Encoded both = encodeChecked("\n" + text);
    int[] tokenIds = both.tokenIds();
    int[] own =
        Arrays.copyOfRange(tokenIds, Math.min(lineBreak.length, tokenIds.length), tokenIds.length);
    if (!Arrays.equals(lineBreak, Arrays.copyOf(tokenIds, tokenIds.length - own.length))) {
      return encodeChecked(text);
    }

    Loss loss = both.loss();
    return new Encoded(
        own,
        loss == null
            ? null
            : new Loss(
                Math.max(0, loss.start() - 1), Math.max(0, loss.end() - 1), loss.isUnknown()));
  }

  /**
   * Whether a text and tokens belong together: the tokens are decoded to the text, or it is encoded
   * to them. Both need not hold, as a tokenizer may join tokens that stand side by side.
   */
  public boolean relates(String text, int... tokenIds) {
    return text(tokenIds).equals(text)
        || decode(tokenIds).equals(text)
        || Arrays.equals(encodeChecked(text).tokenIds(), tokenIds);
  }

  /** The first thing in a text that is not in its tokens; null if all is. */
  Loss firstLoss(String text) {
    return encodeChecked(text).loss();
  }

  private Loss loss(String text, int[] tokenIds) {
    for (int i = 0; i < tokenIds.length; i++) {
      if (tokenIds[i] == unknownId) {
        CharSpan span = spans(text)[i];
        if (span == null) {
          return new Loss(0, 0, true);
        }

        int start = text.offsetByCodePoints(0, span.getStart()); // spans count code points
        int end = text.offsetByCodePoints(start, Math.max(1, span.getEnd() - span.getStart()));
        return new Loss(start, end, true);
      }
    }

    if (!isCheckedByDecoding) {
      return firstUncovered(text, spans(text));
    }

    String decoded = decode(tokenIds);
    Loss difference = firstDifference(text, decoded);
    // Some tokenizers compose accents first, which loses nothing.
    return difference == null || firstDifference(composed(text), composed(decoded)) == null
        ? null
        : difference;
  }

  private CharSpan[] spans(String text) {
    return tokenizer.encode(text, false, false).getCharTokenSpans();
  }

  private static String composed(String text) {
    return Normalizer.normalize(text, Normalizer.Form.NFC);
  }

  /** The first character that another text lacks, white space aside; null if it lacks none. */
  static Loss firstDifference(String text, String other) {
    int j = 0;
    for (int i = 0; i < text.length(); ) {
      int character = text.codePointAt(i);
      int end = i + Character.charCount(character);
      if (!isWhiteSpace(character)) {
        while (j < other.length() && isWhiteSpace(other.codePointAt(j))) {
          j++;
        }

        if (j == other.length() || other.codePointAt(j) != character) {
          return new Loss(i, end, false);
        }

        j += Character.charCount(character);
      }

      i = end;
    }

    while (j < other.length() && isWhiteSpace(other.codePointAt(j))) {
      j++;
    }

    return j == other.length()
        ? null
        : new Loss(text.offsetByCodePoints(text.length(), -1), text.length(), false);
  }

  /** The first character, white space aside, that no token's span has. */
  private static Loss firstUncovered(String text, CharSpan... spans) {
    BitSet covered = new BitSet();
    for (CharSpan span : spans) {
      if (span != null) {
        covered.set(span.getStart(), Math.max(span.getStart(), span.getEnd()));
      }
    }

    int place = 0;
    for (int i = 0; i < text.length(); place++) {
      int character = text.codePointAt(i);
      int end = i + Character.charCount(character);
      if (!covered.get(place) && !isWhiteSpace(character)) {
        return new Loss(i, end, false);
      }

      i = end;
    }

    return null;
  }

  /** Whether Unicode says so, and not Java. All such characters have one code unit. */
  private static boolean isWhiteSpace(int character) {
    return Character.isSpaceChar(character)
        || character >= 0x09 && character <= 0x0d
        || character == 0x85;
  }

  /** Token ids of a text of which {@link #firstLoss} finds none. */
  public int[] encode(String text) {
    if (text.isEmpty()) {
      return new int[0];
    }

    if (characterLevel && characterIds.firstUnknown(text) == text.length()) {
      return characterIds.encode(text);
    }

    // Not by DJL's Encoding, which has a text and a place for each token, at many times the cost.
    long encoding = TokenizersLibrary.LIB.encode(tokenizer.getHandle(), text, false);
    try {
      return ids(TokenizersLibrary.LIB.getTokenIds(encoding));
    } finally {
      TokenizersLibrary.LIB.deleteEncoding(encoding);
    }
  }

  /** Token ids of a text, word by word: what is tokenised by itself. */
  int[][] encodeWords(String text) {
    if (text.isEmpty()) {
      return new int[0][];
    }

    long encoding = TokenizersLibrary.LIB.encode(tokenizer.getHandle(), text, false);
    try {
      int[] tokenIds = ids(TokenizersLibrary.LIB.getTokenIds(encoding));
      long[] words = TokenizersLibrary.LIB.getWordIds(encoding);
      List<int[]> found = new ArrayList<>();
      for (int from = 0, to; from < words.length; from = to) {
        to = from + 1;
        while (to < words.length && words[to] == words[from]) {
          to++;
        }

        found.add(Arrays.copyOfRange(tokenIds, from, to));
      }

      return found.toArray(int[][]::new);
    } finally {
      TokenizersLibrary.LIB.deleteEncoding(encoding);
    }
  }

  /**
   * Token ids of a text as they are within a longer one, whatever the tokenizer puts at beginnings.
   * The inverse of {@link #text} where that has no bytes.
   */
  public int[] encodeWithin(String text) {
    int[] within = lineBreak == null ? null : withinLine(lineBreak, text);
    return within == null ? encode(text) : within;
  }

  /**
   * The text that tokens stand for within a longer one: with the blank that a first word may begin
   * with. Where there are tokens of bytes it is in {@link ByteNotation}, so that texts are alike
   * only where the bytes are.
   */
  public String text(int... tokenIds) {
    return bytesOfTokens == null ? characters(tokenIds) : ByteNotation.of(bytes(tokenIds));
  }

  /** A text of which {@link #firstLoss} finds nothing, as {@link #text} writes it. */
  String shown(String text) {
    return bytesOfTokens == null ? text : ByteNotation.of(text);
  }

  /** What tokens stand for, in UTF-8. */
  private byte[] bytes(int... tokenIds) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (int i = 0; i < tokenIds.length; ) {
      byte[] known = bytesOf(tokenIds[i]);
      int end = i + 1;
      if (known == null) { // as many as there are: some decoders look at more than one
        while (end < tokenIds.length && bytesOf(tokenIds[end]) == null) {
          end++;
        }

        known = characters(Arrays.copyOfRange(tokenIds, i, end)).getBytes(StandardCharsets.UTF_8);
      }

      bytes.writeBytes(known);
      i = end;
    }

    return bytes.toByteArray();
  }

  private byte[] bytesOf(int tokenId) {
    return tokenId < bytesOfTokens.length ? bytesOfTokens[tokenId] : null;
  }

  /** The same of tokens that stand for whole characters. */
  private String characters(int... tokenIds) {
    if (lineBreak == null) {
      return decode(tokenIds);
    }

    int[] behind = Arrays.copyOf(lineBreak, lineBreak.length + tokenIds.length);
    System.arraycopy(tokenIds, 0, behind, lineBreak.length, tokenIds.length);
    String all = decode(behind);
    return all.startsWith(lineBreakText) ? all.substring(lineBreakText.length()) : decode(tokenIds);
  }

  /** Token ids of a text; none if something of it would be lost. */
  public Optional<int[]> encodeWhole(String text) {
    Encoded encoded = encodeChecked(text);
    return encoded.loss() == null ? Optional.of(encoded.tokenIds()) : Optional.empty();
  }

  private static int[] ids(long... ids) {
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
