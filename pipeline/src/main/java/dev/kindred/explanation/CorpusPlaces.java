/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.explanation;

import dev.kindred.corpus.Contexts;
import dev.kindred.corpus.TokenIndex;
import dev.kindred.corpus.Tokenizer;
import dev.kindred.table.LocalColumns;
import dev.kindred.table.Tables;
import dev.kindred.table.Warehouse;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * A corpus's text in this process, by document, and where its strings stand: about 4 bytes a token,
 * and 8 a place of strings that stand in several. It finds what {@link Contexts} finds.
 */
public final class CorpusPlaces {
  private static final String TOKENS = "token_ids.list.element";
  private static final String POSITIONS = "positions.list.element";

  private final int windowLength;
  private final Tokenizer tokenizer;
  private final long[] firstPositions; // of passages, ascending
  private final long[] starts; // where the passage's document begins in the corpus
  private final String[] documents; // of passages
  private final int[][] passages; // token ids
  private final Map<Long, long[]> positions = new HashMap<>(); // of strings in several places

  private CorpusPlaces(LocalColumns read, int windowLength, Tokenizer tokenizer) {
    this.windowLength = windowLength;
    this.tokenizer = tokenizer;
    long[] first = read.longs("first_position");
    int[] order =
        IntStream.range(0, read.rows())
            .boxed()
            .sorted(Comparator.comparingLong(row -> first[row]))
            .mapToInt(Integer::intValue)
            .toArray();
    this.firstPositions = Arrays.stream(order).mapToLong(row -> first[row]).toArray();
    this.starts =
        Arrays.stream(order)
            .mapToLong(row -> first[row] - read.longs("document_position")[row])
            .toArray();
    this.documents =
        Arrays.stream(order).mapToObj(row -> read.texts("document")[row]).toArray(String[]::new);
    this.passages =
        Arrays.stream(order)
            .mapToObj(
                row ->
                    Arrays.copyOfRange(
                        read.ints(TOKENS), read.starts(TOKENS)[row], read.starts(TOKENS)[row + 1]))
            .toArray(int[][]::new);
  }

  /**
   * Reads them.
   *
   * @param kept what is kept of the places of strings: the key of {@link Tables#OCCURRENCES} and
   *     {@link Tables#PASSAGES} after the corpus
   * @param windowLength tokens in a string
   */
  public static CorpusPlaces read(
      Warehouse warehouse, String corpusId, String kept, int windowLength, String tokenizerJson) {
    LocalColumns read =
        LocalColumns.read(
            warehouse.part(Tables.PASSAGES, corpusId, kept),
            "first_position",
            "document_position",
            "document",
            TOKENS);
    CorpusPlaces places = new CorpusPlaces(read, windowLength, Tokenizer.of(tokenizerJson));
    LocalColumns several =
        LocalColumns.read(
            warehouse.part(Tables.OCCURRENCES, corpusId, kept), "window_id", POSITIONS);
    for (int row = 0; row < several.rows(); row++) {
      places.positions.put(
          several.longs("window_id")[row],
          Arrays.copyOfRange(
              several.longs(POSITIONS),
              several.starts(POSITIONS)[row],
              several.starts(POSITIONS)[row + 1]));
    }

    return places;
  }

  /**
   * The first places of a string that are kept, with what stands around them.
   *
   * @param most how many
   * @param around tokens before and after, at most
   */
  public List<Place> of(long windowId, int most, int around) {
    List<Place> places = new ArrayList<>();
    long[] all = positions.getOrDefault(windowId, new long[] {windowId});
    for (int i = 0; i < Math.min(most, all.length); i++) {
      places.add(at(all[i], windowLength, around));
    }

    return places;
  }

  /**
   * Returns what stands around a place.
   *
   * @param position in the corpus's token stream
   * @param length tokens that stand there
   * @param around tokens before and after, at most
   */
  public Place at(long position, int length, int around) {
    int own = passage(position);
    return new Place(
        documents[own],
        position - starts[own],
        tokenizer.text(before(own, position, around)),
        tokenizer.text(after(own, position + length, around)));
  }

  /**
   * A part of a document.
   *
   * @param from tokens of the document before it
   * @param place the tokens that were asked for, with what stands around them
   * @param text of these tokens
   * @param tokens of the document
   */
  public record Passage(String document, long from, String text, Place place, long tokens) {}

  /**
   * Returns a part of a document.
   *
   * @param from tokens of the document before the part
   * @param length tokens that are marked; fewer where the document ends
   * @param around tokens before and after, at most
   * @return none if there is no such document, or it has not so many tokens
   */
  public Optional<Passage> passage(String document, long from, int length, int around) {
    int own = Arrays.asList(documents).indexOf(document);
    if (own < 0) {
      return Optional.empty();
    }

    int last = own;
    while (last + 1 < documents.length && starts[last + 1] == starts[own]) {
      last++;
    }

    long tokens = firstPositions[last] + passages[last].length - starts[own];
    if (from >= tokens) {
      return Optional.empty();
    }

    int some = (int) Math.min(length, tokens - from);
    long position = starts[own] + from;
    int passage = passage(position);
    return Optional.of(
        new Passage(
            document,
            from,
            tokenizer.text(after(passage, position, some)),
            at(position, some, around),
            tokens));
  }

  /** The passage that a position is in. */
  private int passage(long position) {
    int found = Arrays.binarySearch(firstPositions, position);
    return found < 0 ? -found - 2 : found;
  }

  /** Returns the tokens of all documents, one document after the other. */
  public int[] tokens() {
    int[] tokens = new int[Arrays.stream(passages).mapToInt(passage -> passage.length).sum()];
    int end = 0;
    for (int[] passage : passages) {
      System.arraycopy(passage, 0, tokens, end, passage.length);
      end += passage.length;
    }

    return tokens;
  }

  /** Returns an index of all documents. It takes some seconds a million tokens to make. */
  public TokenIndex index() {
    List<int[]> texts = new ArrayList<>();
    for (int from = 0; from < passages.length; ) {
      int to = from;
      int size = 0;
      while (to < passages.length && starts[to] == starts[from]) {
        size += passages[to++].length;
      }

      int[] text = new int[size];
      int place = 0;
      for (int i = from; i < to; i++) {
        System.arraycopy(passages[i], 0, text, place, passages[i].length);
        place += passages[i].length;
      }

      texts.add(text);
      from = to;
    }

    return TokenIndex.of(texts.toArray(int[][]::new));
  }

  /** The tokens of a passage's document before a position, so many at most. */
  private int[] before(int own, long position, int around) {
    int count = (int) Math.min(around, position - starts[own]);
    int[] tokens = new int[count];
    int passage = own;
    for (int i = count - 1; i >= 0; i--) {
      long at = position - count + i;
      while (at < firstPositions[passage]) {
        passage--;
      }

      tokens[i] = passages[passage][(int) (at - firstPositions[passage])];
    }

    return tokens;
  }

  /** The tokens of a passage's document from a position on, so many at most. */
  private int[] after(int own, long position, int around) {
    int[] tokens = new int[around];
    int passage = own;
    for (int i = 0; i < around; i++) {
      while (position + i >= firstPositions[passage] + passages[passage].length) {
        passage++;
        if (passage == passages.length || starts[passage] != starts[own]) {
          return Arrays.copyOf(tokens, i);
        }
      }

      tokens[i] = passages[passage][(int) (position + i - firstPositions[passage])];
    }

    return tokens;
  }
}
