/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.corpus;

import java.io.Serializable;

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
}
