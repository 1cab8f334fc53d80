/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.corpus;

import dev.kindred.ContentId;
import dev.kindred.InvalidInput;
import java.io.Serializable;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.apache.spark.api.java.function.Function;

/**
 * A whole corpus in this process, as a model is trained on it: its documents one after the other,
 * in the corpus's order, with nothing between them.
 *
 * @param tokens ids; at most about 2^31
 * @param sha256 SHA-256 of the documents' text in UTF-8, in hexadecimal digits: that of the file,
 *     if the corpus is one text file without a byte order mark
 */
public record TokenStream(int[] tokens, String sha256) {
  private static final int SHA256_BYTES = 32;

  /**
   * Reads and tokenises a corpus.
   *
   * @param tokenizerJson content of a {@code tokenizer.json}
   * @throws InvalidInput naming the first place that cannot be read or tokenised
   */
  public static TokenStream read(Corpus corpus, String tokenizerJson) {
    CutPlaces places = Tokenizer.of(tokenizerJson).cutPlaces();
    List<TokenisedPiece> pieces = new ArrayList<>();
    corpus
        .pieces(places, 0)
        .map(new Tokenise(tokenizerJson))
        .toLocalIterator()
        .forEachRemaining(pieces::add);

    ContentId text = new ContentId();
    long total = pieces.stream().mapToLong(piece -> piece.tokens().length).sum();
    if (total > Integer.MAX_VALUE - 8) {
      throw new InvalidInput(
          "--corpus: %d tokens, more than the %d that one process can hold",
          total, Integer.MAX_VALUE - 8);
    }

    int[] tokens = new int[(int) total];
    int end = 0;
    for (TokenisedPiece piece : pieces) {
      if (piece.problem() != null) {
        throw corpus.invalid(piece.problem());
      }

      System.arraycopy(piece.tokens(), 0, tokens, end, piece.tokens().length);
      end += piece.tokens().length;
      text.add(piece.utf8());
    }

    return new TokenStream(tokens, HexFormat.of().formatHex(text.hash(SHA256_BYTES)));
  }

  private record TokenisedPiece(byte[] utf8, int[] tokens, Problem problem)
      implements Serializable {}

  private static final class Tokenise implements Function<Piece, TokenisedPiece> {
    private static final long serialVersionUID = 1L;

    private final String tokenizerJson;

    private Tokenise(String tokenizerJson) {
      this.tokenizerJson = tokenizerJson;
    }

    @Override
    public TokenisedPiece call(Piece piece) {
      Piece.Tokenised tokenised = piece.tokenise(Tokenizer.of(tokenizerJson));
      return tokenised.problem() == null
          ? new TokenisedPiece(
              piece.text().getBytes(StandardCharsets.UTF_8), tokenised.tokenIds(), null)
          : new TokenisedPiece(new byte[0], new int[0], tokenised.problem());
    }
  }
}
