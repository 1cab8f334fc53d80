/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.corpus;

import dev.kindred.ContentId;
import dev.kindred.InvalidInput;
import java.io.ByteArrayOutputStream;
import java.io.Serializable;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.apache.spark.api.java.function.Function;

/**
 * What one quick pass over a corpus finds: that it can be used, how long it is, and its identity.
 *
 * @param corpusId hash over all documents in order, the tokenizer and the window length
 * @param documents texts that windows do not cross
 * @param tokens tokens in all documents
 * @param occurrences places where a window stands
 * @param cut hash of what turns documents into windows: the tokenizer and the window length
 * @param digests of all pieces in order, {@value #DIGEST_BYTES} bytes each
 * @param sections what each section of the corpus must be when it is read again
 */
public record CorpusScan(
    String corpusId,
    long documents,
    long tokens,
    long occurrences,
    byte[] cut,
    byte[] digests,
    List<Expected> sections) {
  private static final String TOKENS = "tokens";
  private static final String PIECES = "pieces";
  private static final String CUT = "cut";
  private static final int DIGEST_BYTES = 16;
  private static final int TOKENIZER_BYTES = 32;

  /**
   * Reads the whole corpus once.
   *
   * @param tokenizerJson the model's tokenizer
   * @param windowLength tokens in a window, at least 1
   * @throws InvalidInput naming the first place that cannot be read or tokenised, or if there is no
   *     window at all
   */
  public static CorpusScan scan(Corpus corpus, String tokenizerJson, int windowLength) {
    Tokenizer tokenizer = Tokenizer.of(tokenizerJson);
    List<SectionScan> sections =
        corpus
            .sections(tokenizer.isCharacterLevel(), windowLength)
            .map(new ScanSection(tokenizerJson, windowLength))
            .collect();
    ByteArrayOutputStream digests = new ByteArrayOutputStream();
    List<Expected> expected = new ArrayList<>();
    long documents = 0;
    long tokens = 0;
    long occurrences = 0;
    for (SectionScan section : sections) {
      if (section.problem() != null) {
        throw corpus.invalid(section.problem());
      }

      expected.add(new Expected(tokens, section.digests(), section.following()));
      documents += section.documents();
      tokens += section.tokens();
      occurrences += section.occurrences();
      digests.writeBytes(section.digests());
    }

    if (tokens == 0) {
      throw new InvalidInput("--corpus: empty, there is no text in it");
    }

    if (occurrences == 0) {
      throw new InvalidInput(
          "--corpus: shorter than a window: no document has %d tokens, see --window-length",
          windowLength);
    }

    byte[] cut = cut(tokenizerJson, windowLength);
    byte[] pieces = digests.toByteArray();
    return new CorpusScan(
        id(cut, pieces, pieces.length), documents, tokens, occurrences, cut, pieces, expected);
  }

  private static byte[] cut(String tokenizerJson, int windowLength) {
    return new ContentId()
        .add("kindred corpus 1")
        .add(new ContentId().add(tokenizerJson).hash(TOKENIZER_BYTES))
        .add(ByteBuffer.allocate(Integer.BYTES).putInt(windowLength).array())
        .hash(TOKENIZER_BYTES);
  }

  /**
   * What a section must be when it is read again.
   *
   * @param start tokens of the corpus before it
   * @param digests of its pieces, {@value #DIGEST_BYTES} bytes each
   * @param following hash of what follows its pieces
   */
  record Expected(long start, byte[] digests, byte[] following) implements Serializable {

    /** Whether a piece is the one that was there. */
    boolean hasPiece(int index, Piece piece) {
      int from = Math.multiplyExact(index, DIGEST_BYTES);
      return from < digests.length
          && Arrays.equals(digest(piece), 0, DIGEST_BYTES, digests, from, from + DIGEST_BYTES);
    }

    /** Whether so many pieces are all, and what follows them is what did. */
    boolean isAll(int pieces, ContentId followingPieces) {
      return pieces == digests.length / DIGEST_BYTES
          && Arrays.equals(followingPieces.hash(DIGEST_BYTES), following);
    }
  }

  private static byte[] digest(Piece piece) {
    return new ContentId()
        .add((byte) (piece.startsDocument() ? 1 : 0))
        .add(piece.text())
        .hash(DIGEST_BYTES);
  }

  private static String id(byte[] cut, byte[] digests, int bytes) {
    return new ContentId().add(cut).add(Arrays.copyOf(digests, bytes)).id("c");
  }

  /** Pieces that the documents were read in; a document begins a new one. */
  public int pieces() {
    return digests.length / DIGEST_BYTES;
  }

  /**
   * Whether this corpus is another one with documents appended. All windows of the other one then
   * have the same ids here.
   *
   * @param corpusId the other one's
   * @param pieces the other one's {@link #pieces}
   */
  public boolean extendsCorpus(String corpusId, int pieces) {
    return pieces < pieces() && id(cut, digests, pieces * DIGEST_BYTES).equals(corpusId);
  }

  /** What is kept with the corpus's windows, for {@link #pieces(Map)} and {@link #isCutLike}. */
  public Map<String, String> asProperties() {
    return Map.of(
        "documents",
        Long.toString(documents),
        TOKENS,
        Long.toString(tokens),
        "occurrences",
        Long.toString(occurrences),
        PIECES,
        Integer.toString(pieces()),
        CUT,
        HexFormat.of().formatHex(cut));
  }

  /** The tokens of the corpus that {@link #asProperties} tells of. */
  public static long tokens(Map<String, String> properties) {
    return Long.parseLong(properties.get(TOKENS));
  }

  /** The pieces of the corpus that {@link #asProperties} tells of. */
  public static int pieces(Map<String, String> properties) {
    return Integer.parseInt(properties.get(PIECES));
  }

  /** Whether another corpus has the same tokenizer and window length. */
  public boolean isCutLike(Map<String, String> properties) {
    return HexFormat.of().formatHex(cut).equals(properties.get(CUT));
  }

  /**
   * Whether a tokenizer cut the corpus that {@link #asProperties} tells of into windows of a
   * length.
   */
  public static boolean isCutBy(
      Map<String, String> properties, String tokenizerJson, int windowLength) {
    return HexFormat.of().formatHex(cut(tokenizerJson, windowLength)).equals(properties.get(CUT));
  }

  private record SectionScan(
      long documents,
      long tokens,
      long occurrences,
      byte[] digests,
      byte[] following,
      Problem problem)
      implements Serializable {}

  private static final class ScanSection implements Function<Corpus.Pieces, SectionScan> {
    private static final long serialVersionUID = 1L;

    private final String tokenizerJson;
    private final int windowLength;

    private ScanSection(String tokenizerJson, int windowLength) {
      this.tokenizerJson = tokenizerJson;
      this.windowLength = windowLength;
    }

    @Override
    public SectionScan call(Corpus.Pieces section) {
      Tokenizer tokenizer = Tokenizer.of(tokenizerJson);
      ByteArrayOutputStream digests = new ByteArrayOutputStream();
      ContentId followings = new ContentId();
      long documents = 0;
      long tokens = 0;
      long occurrences = 0;
      Iterator<Piece> pieces = section.pieces();
      while (pieces.hasNext()) {
        Piece piece = pieces.next();
        Piece.Tokenised own = piece.tokenise(tokenizer);
        if (own.problem() != null) {
          return new SectionScan(0, 0, 0, new byte[0], new byte[0], own.problem());
        }

        int following = known(piece.following(), tokenizer);
        documents += piece.startsDocument() ? 1 : 0;
        tokens += own.tokenIds().length;
        occurrences += Piece.windowStarts(own.tokenIds().length, following, windowLength);
        digests.writeBytes(digest(piece));
        followings.add(piece.following());
      }

      return new SectionScan(
          documents,
          tokens,
          occurrences,
          digests.toByteArray(),
          followings.hash(DIGEST_BYTES),
          null);
    }

    /**
     * Returns how many tokens the following text has. What is wrong with it is the next piece's to
     * complain about.
     */
    private static int known(String following, Tokenizer tokenizer) {
      Tokenizer.Encoded encoded = tokenizer.encodeChecked(following);
      return encoded.loss() == null ? encoded.tokenIds().length : 0;
    }
  }
}
