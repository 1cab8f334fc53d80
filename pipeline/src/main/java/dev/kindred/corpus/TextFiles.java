/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.corpus;

import dev.kindred.InvalidInput;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;

/** Text files, each of them a document. A split is a piece. */
record TextFiles() implements PieceReader {

  @Override
  public Iterator<Piece> read(
      Section.Split split, Configuration hadoop, boolean characterLevel, int followingTokens) {
    return List.of(piece(split, hadoop, followingTokens)).iterator();
  }

  private static Piece piece(Section.Split split, Configuration hadoop, int followingTokens) {
    DocumentName document = DocumentName.file(split.file().path());
    long from = Math.max(0, split.start() - 3);
    long to = Math.min(split.file().length(), split.end() + 3 + 4L * (followingTokens + 1));
    byte[] bytes = new byte[Math.toIntExact(to - from)];
    try (var in = split.file().open(hadoop)) {
      in.readFully(from, bytes);
    } catch (IOException | RuntimeException e) {
      return Piece.unreadable(document, "cannot be read: " + e.getMessage());
    }

    int start = Utf8.boundary(bytes, (int) (split.start() - from));
    int end = Utf8.boundary(bytes, (int) (split.end() - from));
    if (split.start() == 0) {
      Optional<String> other = Content.otherThanText(bytes);
      if (other.isPresent()) {
        return Piece.unreadable(document, other.get());
      }

      start = Utf8.afterMark(bytes, bytes.length);
    }

    int followingEnd = Utf8.after(bytes, end, followingTokens);
    try {
      return new Piece(
          document,
          from + start,
          split.start() == 0,
          Utf8.decode(bytes, start, end, from),
          new String(bytes, end, followingEnd - end, StandardCharsets.UTF_8),
          null);
    } catch (InvalidInput e) {
      return Piece.unreadable(document, e.getMessage());
    }
  }
}
