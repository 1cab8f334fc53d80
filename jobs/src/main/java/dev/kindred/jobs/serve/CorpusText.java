/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.serve;

import dev.kindred.InvalidInput;
import dev.kindred.corpus.Prompts;
import dev.kindred.corpus.TokenIndex;
import dev.kindred.corpus.Tokenizer;
import dev.kindred.explanation.CorpusPlaces;
import dev.kindred.explanation.Place;
import dev.kindred.explanation.TokenCount;
import dev.kindred.jobs.run.RunPlan;
import dev.kindred.table.Warehouse;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The text of a run's corpus, in which any other text is looked for. Needs no model's weights. */
public final class CorpusText {
  /** Tokens around a place. */
  static final int AROUND = 60;

  /** Tokens around a place on a document's own page. */
  private static final int AROUND_IN_DOCUMENT = 3000;

  /** Next tokens that are listed. */
  private static final int TOKENS = 20;

  private final String runId;
  private final Optional<CorpusPlaces> places;
  private final String tokenizerJson;
  private final Tokenizer tokenizer;
  private TokenIndex index; // made when it is first asked for

  /**
   * Takes a corpus that has been read.
   *
   * @param places none if the run has not kept them: then every question is refused
   */
  CorpusText(String runId, Optional<CorpusPlaces> places, String tokenizerJson) {
    this.runId = runId;
    this.places = places;
    this.tokenizerJson = tokenizerJson;
    this.tokenizer = Tokenizer.of(tokenizerJson);
  }

  /**
   * Reads the corpus of a run.
   *
   * @throws InvalidInput if the run has not kept its text
   */
  public static CorpusText of(Warehouse warehouse, RunPlan run, String tokenizerJson) {
    Optional<CorpusPlaces> places =
        run.places()
            .map(
                kept ->
                    CorpusPlaces.read(
                        warehouse, run.corpusId(), kept, run.windowLength(), tokenizerJson));
    CorpusText text = new CorpusText(run.runId(), places, tokenizerJson);
    text.places();
    return text;
  }

  /**
   * How often a text stands in the corpus.
   *
   * @param tokens of the text
   * @param ofTokens tokens of the corpus
   * @param following what follows it, the most frequent first
   * @param places the first
   */
  public record Counted(
      String text,
      int tokens,
      long count,
      long ofTokens,
      List<TokenCount> following,
      List<Place> places) {}

  /**
   * Counts a text of any length.
   *
   * @param most places that are listed
   */
  public Counted count(String text, int most) {
    int[] ids = tokens(text);
    TokenIndex.Found found = index().find(ids);
    return new Counted(
        text,
        ids.length,
        found.count(),
        index().size(),
        mostFrequent(index().following(found)),
        Arrays.stream(index().positions(found, most))
            .mapToObj(position -> places().at(position, ids.length, AROUND))
            .toList());
  }

  /**
   * A part of a text that stands in the corpus.
   *
   * @param from first token in the text
   * @param count how often it stands there
   * @param first where it stands first
   */
  public record Span(int from, int tokens, String text, long count, Place first) {}

  /**
   * The longest parts of a text that stand in the corpus, none of them within another, the longest
   * first.
   *
   * @param tokens of the text
   */
  public record Trace(String text, int tokens, List<Span> spans) {}

  /** Looks for the longest parts of a text. */
  public Trace trace(String text) {
    int[] ids = tokens(text);
    List<Span> spans = new ArrayList<>();
    int from = 0;
    while (from < ids.length) {
      TokenIndex.Found found = index().longest(ids, from);
      int end = from + found.length();
      if (found.length() > 0) {
        long first = index().positions(found, 1)[0];
        spans.add(
            new Span(
                from,
                found.length(),
                tokenizer.text(Arrays.copyOfRange(ids, from, end)),
                found.count(),
                places().at(first, found.length(), AROUND)));
      }

      from = end == ids.length ? end : next(ids, from, end);
    }

    spans.sort(Comparator.comparingInt(Span::tokens).reversed().thenComparingInt(Span::from));
    return new Trace(text, ids.length, spans);
  }

  /**
   * Where the next part begins that is not within the one before: the first place from which the
   * text stands in the corpus up to the token at which that one ended, and with it. If a text
   * stands there, so does its end, so that halving finds it.
   *
   * @return after that token if it stands nowhere
   */
  private int next(int[] ids, int from, int end) {
    int low = from + 1;
    int high = end + 1;
    while (low < high) {
      int middle = low + high >>> 1;
      if (index().find(Arrays.copyOfRange(ids, middle, end + 1)).count() > 0) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }

    return low;
  }

  /**
   * Shows a part of a document.
   *
   * @param from tokens of the document before it
   * @param length tokens that are marked
   * @throws InvalidInput if there is no such place
   */
  CorpusPlaces.Passage document(String document, int from, int length) {
    return places()
        .passage(document, from, length, AROUND_IN_DOCUMENT)
        .orElseThrow(
            () ->
                new InvalidInput(
                    "document %s has no token %d, or there is no such document", document, from));
  }

  private int[] tokens(String text) {
    return Prompts.ofText("text", text, tokenizerJson).tokenIds();
  }

  /** Lists counts by token id, the most frequent first. */
  List<TokenCount> mostFrequent(Map<Integer, Long> counts) {
    return TokenCount.mostFrequent(counts, TOKENS, tokenizer::text);
  }

  private CorpusPlaces places() {
    return places.orElseThrow(
        () ->
            new InvalidInput(
                "run %s has not kept the corpus's text; run again with --keep-occurrences 100",
                runId));
  }

  private synchronized TokenIndex index() {
    if (index == null) {
      index = places().index();
    }

    return index;
  }
}
