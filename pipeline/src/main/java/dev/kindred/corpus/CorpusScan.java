/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.corpus;

import dev.kindred.ContentId;
import dev.kindred.InvalidInput;
import java.io.ByteArrayOutputStream;
import java.io.Serializable;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.TreeMap;
import org.apache.spark.api.java.function.FlatMapFunction;

/**
 * What one quick pass over a corpus finds: that it can be used, how long it is, and its identity.
 *
 * @param corpusId hash over all documents in order, the tokenizer and the window length
 * @param tokens tokens in all documents
 * @param occurrences places where a window stands
 * @param sectionStarts tokens before each section
 */
public record CorpusScan(
    String corpusId, long tokens, long occurrences, Map<Section, Long> sectionStarts) {
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

    ContentId identity =
        new ContentId()
            .add("kindred corpus 1")
            .add(new ContentId().add(tokenizerJson).hash(TOKENIZER_BYTES))
            .add(ByteBuffer.allocate(Integer.BYTES).putInt(windowLength).array());
    Map<Section, Long> starts = new TreeMap<>();
    long tokens = 0;
    long occurrences = 0;
    for (SectionScan section : sections) {
      if (section.problem() != null) {
        throw new InvalidInput("--corpus: %s", section.problem());
      }

      starts.put(section.section(), tokens);
      tokens += section.tokens();
      occurrences += section.occurrences();
      identity.add(section.digests());
    }

    if (tokens == 0) {
      throw new InvalidInput("--corpus: empty, there is no text in it");
    }

    if (occurrences == 0) {
      throw new InvalidInput(
          "--corpus: shorter than a window: no document has %d tokens, see --window-length",
          windowLength);
    }

    return new CorpusScan(identity.id("c"), tokens, occurrences, new LinkedHashMap<>(starts));
  }

  private record SectionScan(
      Section section, long tokens, long occurrences, byte[] digests, String problem)
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
    private long tokens;
    private long occurrences;
    private String problem;

    private void add(Piece piece, Tokenizer tokenizer, int windowLength) {
      if (problem == null) {
        problem = problem(piece, tokenizer);
      }

      if (problem != null) {
        return;
      }

      int own = tokenizer.encode(piece.text()).length;
      int following = tokenizer.encode(known(piece.following(), tokenizer)).length;
      tokens += own;
      occurrences += Windows.starts(own, following, windowLength);
      byte start = (byte) (piece.startsDocument() ? 1 : 0);
      digests.writeBytes(new ContentId().add(start).add(piece.text()).hash(DIGEST_BYTES));
    }

    private static String problem(Piece piece, Tokenizer tokenizer) {
      if (piece.problem() != null) {
        return piece.document() + ": " + piece.problem();
      }

      OptionalInt unknown = tokenizer.firstUnknown(piece.text());
      if (unknown.isEmpty()) {
        return null;
      }

      int index = unknown.getAsInt();
      String before = piece.text().substring(0, index);
      return String.format(
          "%s: the model has no token for %s at byte offset %d; remove it from the corpus, or use a"
              + " model that knows it",
          piece.document(),
          Characters.describe(piece.text().codePointAt(index)),
          piece.offset() + before.getBytes(StandardCharsets.UTF_8).length);
    }

    /** What follows is the next piece's to complain about. */
    private static String known(String following, Tokenizer tokenizer) {
      return tokenizer.firstUnknown(following).isPresent() ? "" : following;
    }

    private SectionScan of(Section section) {
      return new SectionScan(section, tokens, occurrences, digests.toByteArray(), problem);
    }
  }
}
