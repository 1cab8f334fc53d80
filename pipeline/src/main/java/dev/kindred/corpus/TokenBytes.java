/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.corpus;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.StreamSupport;

/** The bytes that tokens stand for, where a tokenizer has tokens that are no whole characters. */
final class TokenBytes {
  /** A byte of a byte-level tokenizer, by the visible character that its vocabulary has for it. */
  private static final Map<Integer, Byte> OF_CHARACTERS = ofCharacters();

  private static final String BYTE = "<0x[0-9A-Fa-f]{2}>";

  private TokenBytes() {}

  /**
   * The bytes of tokens.
   *
   * @param root a {@code tokenizer.json}
   * @return [id], null for those that {@code decoder} treats as text; null if it does so with all
   */
  static byte[][] of(JsonNode root, int vocabularySize) {
    Function<String, byte[]> decoder = decoder(root.path("decoder"));
    if (decoder == null) {
      return null;
    }

    byte[][] bytes = new byte[vocabularySize][];
    JsonNode vocabulary = root.path("model").path("vocab");
    for (int id = 0; vocabulary.isArray() && id < vocabulary.size(); id++) {
      put(bytes, id, decoder.apply(vocabulary.path(id).path(0).asText()));
    }

    vocabulary
        .properties()
        .forEach(token -> put(bytes, token.getValue().asInt(), decoder.apply(token.getKey())));
    for (JsonNode token : root.path("added_tokens")) {
      put(bytes, token.path("id").asInt(), decoder.apply(token.path("content").asText()));
    }

    return bytes;
  }

  /** Ids beyond are of a token that only finds what is unknown. */
  private static void put(byte[][] bytes, int id, byte[] ofToken) {
    if (id < bytes.length) {
      bytes[id] = ofToken;
    }
  }

  private static Function<String, byte[]> decoder(JsonNode decoder) {
    if (decoder.path("type").asText().equals("Sequence")) {
      JsonNode parts = decoder.path("decoders");
      boolean fallsBack =
          StreamSupport.stream(parts.spliterator(), false).anyMatch(TokenBytes::isByteFallback);
      return parts.size() == 1 ? decoder(parts.path(0)) : fallsBack ? TokenBytes::ofFallback : null;
    }

    return decoder.path("type").asText().equals("ByteLevel")
        ? TokenBytes::ofByteLevel
        : isByteFallback(decoder) ? TokenBytes::ofFallback : null;
  }

  private static boolean isByteFallback(JsonNode decoder) {
    return decoder.path("type").asText().equals("ByteFallback");
  }

  private static byte[] ofFallback(String token) {
    return token.matches(BYTE)
        ? new byte[] {(byte) Integer.parseInt(token.substring(3, 5), 16)}
        : null;
  }

  /** Added tokens may have other characters; then all are themselves. */
  private static byte[] ofByteLevel(String token) {
    int[] characters = token.codePoints().toArray();
    byte[] bytes = new byte[characters.length];
    for (int i = 0; i < bytes.length; i++) {
      Byte known = OF_CHARACTERS.get(characters[i]);
      if (known == null) {
        return token.getBytes(StandardCharsets.UTF_8);
      }

      bytes[i] = known;
    }

    return bytes;
  }

  private static Map<Integer, Byte> ofCharacters() {
    Map<Integer, Byte> bytes = new HashMap<>();
    int others = 256;
    for (int b = 0; b < 256; b++) {
      boolean isVisible = b > ' ' && b < 127 || b > 160 && b != 173;
      bytes.put(isVisible ? b : others++, (byte) b);
    }

    return bytes;
  }
}
