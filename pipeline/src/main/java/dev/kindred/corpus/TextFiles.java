/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.corpus;

import dev.kindred.InvalidInput;
import java.io.IOException;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;

/** Text files, each of them a document. In a split a piece begins. */
record TextFiles() implements PieceReader {

  /** Bytes in which a token and what follows it are looked for first. */
  private static final int TOKEN_BYTES = 64;

  @Override
  public Iterator<Piece> read(
      Section.Split split, Configuration hadoop, CutPlaces places, int followingTokens) {
    return List.of(piece(split, hadoop, places, followingTokens)).iterator();
  }

  private static Piece piece(
      Section.Split split, Configuration hadoop, CutPlaces places, int followingTokens) {
    DocumentName document = DocumentName.file(split.file().path());
    long from = Math.max(0, split.start() - CutPlaces.BEFORE);
    try (var in = split.file().open(hadoop)) {
      for (long more = TOKEN_BYTES * (followingTokens + 2L); ; more *= 2) {
        long to = Math.min(split.file().length(), split.end() + more);
        if (to - from > CutPlaces.LONGEST + more) {
          return Piece.unreadable(
              document,
              String.format(
                  Locale.ROOT,
                  "cannot be cut into texts of %d bytes at most, which this tokenizer needs to have"
                      + " a blank or a line feed between letters between them, at byte offset %d;"
                      + " split the file",
                  CutPlaces.LONGEST,
                  split.start()));
        }

        byte[] bytes = new byte[Math.toIntExact(to - from)];
        in.readFully(from, bytes);
        Piece piece = piece(document, split, from, bytes, places, followingTokens);
        if (piece != null) {
          return piece;
        }
      }
    } catch (InvalidInput e) {
      return Piece.unreadable(document, e.getMessage());
    } catch (IOException | RuntimeException e) {
      return Piece.unreadable(document, "cannot be read: " + e.getMessage());
    }
  }

  /** Returns null if more bytes are needed. */
  private static Piece piece(
      DocumentName document,
      Section.Split split,
      long before,
      byte[] bytes,
      CutPlaces places,
      int followingTokens) {
    boolean startsDocument = split.start() == 0;
    if (startsDocument) {
      Optional<String> other = Content.otherThanText(bytes);
      if (other.isPresent()) {
        return Piece.unreadable(document, other.get());
      }
    }

    Piece.Stretch stretch =
        new Piece.Stretch(
            bytes,
            before,
            startsDocument ? Utf8.afterMark(bytes, bytes.length) : (int) (split.start() - before),
            (int) (split.end() - before),
            before + bytes.length == split.file().length());
    return Piece.of(document, stretch, startsDocument, places, followingTokens);
  }
}
