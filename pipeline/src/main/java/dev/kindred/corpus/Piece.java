/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.corpus;

import java.io.Serializable;
import java.nio.charset.StandardCharsets;
import java.util.OptionalInt;

/**
 * A document, or a part of a long one: windows that begin in {@code text} belong to this piece.
 *
 * @param section the section that it is read in
 * @param document the document's name, for messages
 * @param offset bytes of the document before this piece
 * @param startsDocument whether the piece is its document's first
 * @param text the piece
 * @param following what follows in the same document, enough for the piece's last windows
 * @param problem why the piece cannot be read, or null
 */
record Piece(
    Section section,
    String document,
    long offset,
    boolean startsDocument,
    String text,
    String following,
    String problem)
    implements Serializable {

  /**
   * Long documents are cut here, in bytes of UTF-8, where the tokenizer allows it. A constant of
   * the format: corpus ids are hashes over pieces.
   */
  static final int BYTES = 256 * 1024;

  static Piece unreadable(Section section, String document, String problem) {
    return new Piece(section, document, 0, true, "", "", problem);
  }

  /** Why the piece cannot be read or tokenised, and where, for an error message; null if it can. */
  String problemWith(Tokenizer tokenizer) {
    if (problem != null) {
      return document + ": " + problem;
    }

    OptionalInt unknown = tokenizer.firstUnknown(text);
    if (unknown.isEmpty()) {
      return null;
    }

    int index = unknown.getAsInt();
    String before = text.substring(0, index);
    return String.format(
        "%s: the model has no token for %s at byte offset %d; remove it from the corpus, or use a"
            + " model that knows it",
        document,
        Characters.describe(text.codePointAt(index)),
        offset + before.getBytes(StandardCharsets.UTF_8).length);
  }
}
