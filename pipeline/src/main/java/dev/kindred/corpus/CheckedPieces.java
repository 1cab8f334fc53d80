/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.corpus;

import dev.kindred.ContentId;
import dev.kindred.InvalidInput;
import java.util.Iterator;
import java.util.NoSuchElementException;

/**
 * The pieces of a section as tokens, with their places and their documents' names. What is read is
 * compared with the scan: a corpus that changed is an {@link InvalidInput}.
 */
final class CheckedPieces implements Iterator<CheckedPieces.Tokens> {
  private final Corpus.Pieces section;
  private final Iterator<Piece> pieces;
  private final CorpusScan.Expected expected;
  private final String folder;
  private final Tokenizer tokenizer;
  private final ContentId followings = new ContentId();
  private DocumentNames names = new DocumentNames(0);
  private long position;
  private long documentStart;
  private long rows;
  private String path = ""; // of the last piece
  private int read;
  private boolean ended;

  /**
   * A piece.
   *
   * @param own token ids
   * @param following token ids of the text that is known to follow in the same document
   * @param position of the first own token in the corpus
   * @param document its name
   * @param documentStart place in the corpus of the document's first token
   */
  record Tokens(int[] own, int[] following, long position, String document, long documentStart) {}

  /**
   * The pieces of a section.
   *
   * @param folder that names of documents are below
   */
  CheckedPieces(
      Corpus.Pieces section, CorpusScan.Expected expected, String folder, String tokenizerJson) {
    this.section = section;
    this.pieces = section.pieces();
    this.expected = expected;
    this.folder = folder;
    this.tokenizer = Tokenizer.of(tokenizerJson);
    this.position = expected.start();
    this.documentStart = expected.documentStart();
    this.rows = expected.rowsBefore();
  }

  @Override
  public boolean hasNext() {
    if (!pieces.hasNext() && !ended) {
      ended = true;
      if (!expected.isAll(read, followings, names.hash())) {
        throw changed(section.section().splits().get(0).file().path());
      }
    }

    return pieces.hasNext();
  }

  @Override
  public Tokens next() {
    if (!hasNext()) {
      throw new NoSuchElementException();
    }

    Piece piece = pieces.next();
    if (piece.problem() != null) {
      throw new Problem(piece.document(), piece.problem()).asInvalidInput();
    }

    if (!expected.hasPiece(read, piece)) {
      throw changed(piece.document().path());
    }

    read++;
    followings.add(piece.following());
    rows = path.isEmpty() || path.equals(piece.document().path()) ? rows : 0;
    path = piece.document().path();
    if (piece.startsDocument()) {
      names = names.followedBy(piece.document().hashBelow(folder), 1);
      documentStart = position;
      rows++;
    }

    int[] own = piece.tokens(tokenizer);
    Tokens tokens =
        new Tokens(
            own,
            piece.followingTokens(tokenizer),
            position,
            piece.document().name(folder, rows),
            documentStart);
    position += own.length;
    return tokens;
  }

  private static InvalidInput changed(String path) {
    return new InvalidInput(
        "--corpus: %s: changed while the corpus was read; run again when nothing writes to it",
        path);
  }
}
