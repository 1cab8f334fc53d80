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
 * @param windows about how many distinct windows there are, within some percent
 * @param cut hash of what turns documents into windows: the tokenizer and the window length
 * @param digests of all pieces in order, {@value #DIGEST_BYTES} bytes each
 * @param folder that names of documents are below
 * @param names hash over the names of all documents in order
 * @param sections what each section of the corpus must be when it is read again
 */
public record CorpusScan(
    String corpusId,
    long documents,
    long tokens,
    long occurrences,
    long windows,
    byte[] cut,
    byte[] digests,
    String folder,
    long names,
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
    String folder = corpus.folder();
    List<SectionScan> sections =
        corpus
            .sections(tokenizer.cutPlaces(), windowLength)
            .map(new ScanSection(tokenizerJson, windowLength, folder))
            .collect();
    ByteArrayOutputStream digests = new ByteArrayOutputStream();
    List<Expected> expected = new ArrayList<>();
    long documents = 0;
    long tokens = 0;
    long occurrences = 0;
    DistinctCount distinct = new DistinctCount();
    DocumentNames names = new DocumentNames(0);
    long open = 0; // first token of the document that goes on
    String path = ""; // of the file that goes on
    long rows = 0; // documents that have begun in it
    for (SectionScan section : sections) {
      if (section.problem() != null) {
        throw corpus.invalid(section.problem());
      }

      boolean isEmpty = section.firstPath().isEmpty(); // of a split without a document's beginning
      rows = isEmpty || section.firstPath().equals(path) ? rows : 0;
      expected.add(
          new Expected(
              tokens, section.digests(), section.following(), section.names(), open, rows));
      if (!isEmpty) {
        rows = (section.lastPath().equals(section.firstPath()) ? rows : 0) + section.lastRows();
        path = section.lastPath();
      }

      open = section.lastStart() < 0 ? open : tokens + section.lastStart();
      names = names.followedBy(section.names(), section.documents());
      documents += section.documents();
      tokens += section.tokens();
      occurrences += section.occurrences();
      distinct.add(section.windows());
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
        id(cut, pieces, pieces.length),
        documents,
        tokens,
        occurrences,
        distinct.windows(),
        cut,
        pieces,
        folder,
        names.hash(),
        expected);
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
   * @param names hash over the names of documents that begin in it
   * @param documentStart place in the corpus of the first token of the document that it begins in
   * @param rowsBefore documents of the file that it begins in which begin before it
   */
  record Expected(
      long start, byte[] digests, byte[] following, long names, long documentStart, long rowsBefore)
      implements Serializable {

    /** Whether a piece is the one that was there. */
    boolean hasPiece(int index, Piece piece) {
      int from = Math.multiplyExact(index, DIGEST_BYTES);
      return from < digests.length
          && Arrays.equals(digest(piece), 0, DIGEST_BYTES, digests, from, from + DIGEST_BYTES);
    }

    /** Whether so many pieces are all, with what follows them and their documents' names. */
    boolean isAll(int pieces, ContentId followingPieces, long documentNames) {
      return pieces == digests.length / DIGEST_BYTES
          && documentNames == names
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

  /**
   * Identifies what is said of the places of windows: how documents are named, and how many places
   * are kept. It is not part of what windows are.
   *
   * @param keep places of a window, at most
   */
  public String placesId(int keep) {
    return new ContentId()
        .add("kindred places 1")
        .add(ByteBuffer.allocate(Long.BYTES + Integer.BYTES).putLong(names).putInt(keep).array())
        .id("o");
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
      DistinctCount windows,
      byte[] digests,
      byte[] following,
      long names,
      long lastStart, // token of the section that the last document begins with; -1 without one
      String firstPath,
      String lastPath, // both are empty without a piece
      long lastRows, // documents of the last file that begin here
      Problem problem)
      implements Serializable {
    private static SectionScan of(Problem problem) {
      return new SectionScan(
          0, 0, 0, new DistinctCount(), new byte[0], new byte[0], 0, -1, "", "", 0, problem);
    }
  }

  private static final class ScanSection implements Function<Corpus.Pieces, SectionScan> {
    private static final long serialVersionUID = 1L;

    private final String tokenizerJson;
    private final int windowLength;
    private final String folder;

    private ScanSection(String tokenizerJson, int windowLength, String folder) {
      this.tokenizerJson = tokenizerJson;
      this.windowLength = windowLength;
      this.folder = folder;
    }

    @Override
    public SectionScan call(Corpus.Pieces section) {
      Tokenizer tokenizer = Tokenizer.of(tokenizerJson);
      ByteArrayOutputStream digests = new ByteArrayOutputStream();
      ContentId followings = new ContentId();
      DocumentNames names = new DocumentNames(0);
      RecentIds ids = new RecentIds();
      long documents = 0;
      long tokens = 0;
      long occurrences = 0;
      DistinctCount windows = new DistinctCount();
      long lastStart = -1;
      String firstPath = "";
      String lastPath = "";
      long lastRows = 0;
      Iterator<Piece> pieces = section.pieces();
      while (pieces.hasNext()) {
        Piece piece = pieces.next();
        Piece.Tokenised own = piece.tokenise(tokenizer);
        if (own.problem() != null) {
          return SectionScan.of(own.problem());
        }

        String path = piece.document().path();
        firstPath = firstPath.isEmpty() ? path : firstPath;
        lastRows = path.equals(lastPath) ? lastRows : 0;
        lastPath = path;
        if (piece.startsDocument()) {
          String id = piece.document().id();
          if (id != null && !ids.add(id)) {
            return SectionScan.of(
                new Problem(
                    piece.document(),
                    "has the id "
                        + id
                        + " of a row before it; give --id-column a column whose values differ"));
          }

          names = names.followedBy(piece.document().hashBelow(folder), 1);
          lastStart = tokens;
          lastRows++;
        }

        int[] following = known(piece, tokenizer);
        int starts = Piece.windowStarts(own.tokenIds().length, following.length, windowLength);
        documents += piece.startsDocument() ? 1 : 0;
        tokens += own.tokenIds().length;
        occurrences += starts;
        windows.add(Piece.joined(own.tokenIds(), following), starts, windowLength);
        digests.writeBytes(digest(piece));
        followings.add(piece.following());
      }

      return new SectionScan(
          documents,
          tokens,
          occurrences,
          windows,
          digests.toByteArray(),
          followings.hash(DIGEST_BYTES),
          names.hash(),
          lastStart,
          firstPath,
          lastPath,
          lastRows,
          null);
    }

    /**
     * Returns the tokens of the following text. What is wrong with it is the next piece's to
     * complain about.
     */
    private static int[] known(Piece piece, Tokenizer tokenizer) {
      Tokenizer.Encoded encoded = tokenizer.encodeCheckedWithin(piece.following());
      return encoded.loss() == null ? encoded.tokenIds() : new int[0];
    }
  }
}
