/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.corpus;

import dev.kindred.ContentId;
import dev.kindred.InvalidInput;
import java.io.ByteArrayOutputStream;
import java.io.Serializable;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.spark.api.java.function.FlatMapFunction;

/**
 * What one quick pass over a corpus finds: that it can be used, how long it is, and its identity.
 *
 * @param corpusId hash over all documents in order, the tokenizer and the window length
 * @param documents texts that windows do not cross
 * @param tokens tokens in all documents
 * @param occurrences places where a window stands
 * @param cut hash of what turns documents into windows: the tokenizer and the window length
 * @param digests of all pieces in order, {@value #DIGEST_BYTES} bytes each
 * @param sectionStarts tokens before each section
 */
public record CorpusScan(
    String corpusId,
    long documents,
    long tokens,
    long occurrences,
    byte[] cut,
    byte[] digests,
    Map<Section, Long> sectionStarts) {
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
        new ArrayList<>(
            corpus
                .pieces(tokenizer.isCharacterLevel(), windowLength)
                .mapPartitions(new ScanSections(tokenizerJson, windowLength))
                .collect());
    sections.sort(Comparator.comparing(SectionScan::section));

    Map<Section, Long> starts = new TreeMap<>();
    ByteArrayOutputStream digests = new ByteArrayOutputStream();
    long documents = 0;
    long tokens = 0;
    long occurrences = 0;
    for (SectionScan section : sections) {
      if (section.problem() != null) {
        throw new InvalidInput("--corpus: %s", section.problem());
      }

      starts.put(section.section(), tokens);
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

    byte[] cut =
        new ContentId()
            .add("kindred corpus 1")
            .add(new ContentId().add(tokenizerJson).hash(TOKENIZER_BYTES))
            .add(ByteBuffer.allocate(Integer.BYTES).putInt(windowLength).array())
            .hash(TOKENIZER_BYTES);
    byte[] pieces = digests.toByteArray();
    return new CorpusScan(
        id(cut, pieces, pieces.length),
        documents,
        tokens,
        occurrences,
        cut,
        pieces,
        new LinkedHashMap<>(starts));
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

  private record SectionScan(
      Section section,
      long documents,
      long tokens,
      long occurrences,
      byte[] digests,
      String problem)
      implements Serializable {}

  private static final class ScanSections implements FlatMapFunction<Iterator<Piece>, SectionScan> {
    private static final long serialVersionUID = 1L;

    private final String tokenizerJson;
    private final int windowLength;

    private ScanSections(String tokenizerJson, int windowLength) {
      this.tokenizerJson = tokenizerJson;
      this.windowLength = windowLength;
    }

    @Override
    public Iterator<SectionScan> call(Iterator<Piece> pieces) {
      Tokenizer tokenizer = Tokenizer.of(tokenizerJson);
      Map<Section, Totals> sections = new LinkedHashMap<>();
      while (pieces.hasNext()) {
        Piece piece = pieces.next();
        sections
            .computeIfAbsent(piece.section(), section -> new Totals())
            .add(piece, tokenizer, windowLength);
      }

      return sections.entrySet().stream().map(e -> e.getValue().of(e.getKey())).iterator();
    }
  }

  private static final class Totals {
    private final ByteArrayOutputStream digests = new ByteArrayOutputStream();
    private long documents;
    private long tokens;
    private long occurrences;
    private String problem;

    private void add(Piece piece, Tokenizer tokenizer, int windowLength) {
      if (problem == null) {
        problem = piece.problemWith(tokenizer);
      }

      if (problem != null) {
        return;
      }

      int own = tokenizer.encode(piece.text()).length;
      int following = tokenizer.encode(known(piece.following(), tokenizer)).length;
      tokens += own;
      occurrences += Windows.starts(own, following, windowLength);
      byte start = (byte) (piece.startsDocument() ? 1 : 0);
      documents += start;
      digests.writeBytes(new ContentId().add(start).add(piece.text()).hash(DIGEST_BYTES));
    }

    /** What follows is the next piece's to complain about. */
    private static String known(String following, Tokenizer tokenizer) {
      return tokenizer.firstUnknown(following).isPresent() ? "" : following;
    }

    private SectionScan of(Section section) {
      return new SectionScan(
          section, documents, tokens, occurrences, digests.toByteArray(), problem);
    }
  }
}
