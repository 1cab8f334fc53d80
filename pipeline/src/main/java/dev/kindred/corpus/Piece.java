/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.corpus;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * A document, or a part of a long one: windows that begin in {@code text} belong to this piece.
 *
 * @param document the document's name, for messages
 * @param offset bytes of the document before this piece
 * @param startsDocument whether the piece is its document's first
 * @param text the piece
 * @param following what follows in the same document, enough for the piece's last windows
 * @param problem why the piece cannot be read, or null
 */
record Piece(
    DocumentName document,
    long offset,
    boolean startsDocument,
    String text,
    String following,
    String problem) {

  /**
   * Long documents are cut here, in bytes of UTF-8, where the tokenizer allows it. A constant of
   * the format: corpus ids are hashes over pieces.
   */
  static final int BYTES = 256 * 1024;

  static Piece unreadable(DocumentName document, String problem) {
    return new Piece(document, 0, true, "", "", problem);
  }

  /**
   * A document that is in memory, in pieces.
   *
   * @param cutting whether long ones are cut
   * @param followingTokens how many tokens of what follows a piece needs
   */
  static List<Piece> of(DocumentName document, String text, boolean cutting, int followingTokens) {
    if (!cutting || text.length() < BYTES / 4) {
      return List.of(new Piece(document, 0, true, text, "", null));
    }

    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    List<Piece> pieces = new ArrayList<>();
    for (long cut = 0; cut < bytes.length; cut += BYTES) {
      int start = Utf8.boundary(bytes, (int) cut);
      int end = Utf8.boundary(bytes, (int) Math.min(bytes.length, cut + BYTES));
      int followingEnd = Utf8.after(bytes, end, followingTokens);
      pieces.add(
          new Piece(
              document,
              start,
              cut == 0,
              new String(bytes, start, end - start, StandardCharsets.UTF_8),
              new String(bytes, end, followingEnd - end, StandardCharsets.UTF_8),
              null));
    }

    return pieces;
  }

  /**
   * The piece's tokens.
   *
   * @return token ids, or why it cannot be read or tokenised, and where
   */
  Tokenised tokenise(Tokenizer tokenizer) {
    if (problem != null) {
      return new Tokenised(null, new Problem(document, problem));
    }

    Tokenizer.Encoded encoded = tokenizer.encodeChecked(text);
    if (encoded.loss() == null) {
      return new Tokenised(encoded.tokenIds(), null);
    }

    Tokenizer.Loss loss = encoded.loss();
    long place = offset + text.substring(0, loss.start()).getBytes(StandardCharsets.UTF_8).length;
    String remedy =
        loss.isUnknown()
            ? "the model has no token for %s at byte offset %d; remove it from the corpus, or use a"
                + " model that knows it"
            : "the tokenizer does not keep %s at byte offset %d, which it does not decode to again;"
                + " change the corpus to what it keeps, or use a model that keeps it";
    return new Tokenised(
        null,
        new Problem(document, String.format(Locale.ROOT, remedy, loss.describe(text), place)));
  }

  /**
   * How many windows begin in a piece.
   *
   * @param own tokens of the piece
   * @param following tokens known to follow it in the same document
   */
  static int windowStarts(int own, int following, int windowLength) {
    return Math.max(0, Math.min(own, own + following - windowLength + 1));
  }

  /** Either token ids or a problem; the other is null. */
  record Tokenised(int[] tokenIds, Problem problem) {}
}
