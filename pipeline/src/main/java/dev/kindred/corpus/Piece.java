/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.corpus;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
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

  static Piece unreadable(DocumentName document, String problem) {
    return new Piece(document, 0, true, "", "", problem);
  }

  /**
   * A document that is in memory, in pieces.
   *
   * @param places where it may be cut
   * @param followingTokens how many tokens of what follows a piece needs
   */
  static List<Piece> of(DocumentName document, String text, CutPlaces places, int followingTokens) {
    if (text.length() < places.step() / Utf8.LONGEST) {
      return List.of(new Piece(document, 0, true, text, "", null));
    }

    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    List<Piece> pieces = new ArrayList<>();
    for (long cut = 0; cut < bytes.length; cut += places.step()) {
      Stretch stretch =
          new Stretch(bytes, 0, (int) cut, (int) Math.min(bytes.length, cut + places.step()), true);
      pieces.add(of(document, stretch, cut == 0, places, followingTokens));
    }

    return pieces;
  }

  /**
   * A range of a document, and some of what stands around it.
   *
   * @param bytes UTF-8; what stands before the range is {@link CutPlaces#BEFORE} bytes long, or all
   * @param offset bytes of the document before the array
   * @param from the range's start in the array
   * @param until its end; {@link Utf8#LONGEST} bytes follow at least, or all
   * @param isEnd whether the document ends with the array
   */
  record Stretch(byte[] bytes, long offset, int from, int until, boolean isEnd) {}

  /**
   * The piece that begins in a range. It is empty if the document cannot be cut there, and long if
   * it cannot for long behind it.
   *
   * @param startsDocument whether the document begins with the range
   * @return null if more must be known of what stands behind the range
   * @throws dev.kindred.InvalidInput if the piece is not UTF-8
   */
  static Piece of(
      DocumentName document,
      Stretch stretch,
      boolean startsDocument,
      CutPlaces places,
      int followingTokens) {
    byte[] bytes = stretch.bytes();
    int start =
        startsDocument ? stretch.from() : places.first(bytes, stretch.from(), stretch.isEnd());
    if (!startsDocument && (start == CutPlaces.UNDECIDED || start >= stretch.until())) {
      return new Piece(document, stretch.offset() + stretch.until(), false, "", "", null);
    }

    int end = places.first(bytes, stretch.until(), stretch.isEnd());
    int following =
        end == CutPlaces.UNDECIDED
            ? CutPlaces.UNDECIDED
            : places.following(bytes, end, followingTokens, stretch.isEnd());
    return following == CutPlaces.UNDECIDED
        ? null
        : new Piece(
            document,
            stretch.offset() + start,
            startsDocument,
            Utf8.decode(bytes, start, end, stretch.offset()),
            new String(bytes, end, following - end, StandardCharsets.UTF_8),
            null);
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

    Tokenizer.Encoded encoded =
        startsDocument ? tokenizer.encodeChecked(text) : tokenizer.encodeCheckedWithin(text);
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

  /** Token ids of a piece that {@link #tokenise} finds no problem in. */
  int[] tokens(Tokenizer tokenizer) {
    return startsDocument ? tokenizer.encode(text) : tokenizer.encodeWithin(text);
  }

  /** Token ids of what is known to follow. */
  int[] followingTokens(Tokenizer tokenizer) {
    return tokenizer.encodeWithin(following);
  }

  /** The tokens of a piece, and those that follow it. */
  static int[] joined(int[] own, int... following) {
    int[] tokens = Arrays.copyOf(own, own.length + following.length);
    System.arraycopy(following, 0, tokens, own.length, following.length);
    return tokens;
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
