/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.serve;

import dev.kindred.InvalidInput;
import dev.kindred.baseline.LocalNGram;
import dev.kindred.corpus.Prompt;
import dev.kindred.corpus.Prompts;
import dev.kindred.corpus.Tokenizer;
import dev.kindred.explanation.BinnedEvidence;
import dev.kindred.explanation.CorpusStrings;
import dev.kindred.explanation.Explanation;
import dev.kindred.explanation.NextToken;
import dev.kindred.explanation.Place;
import dev.kindred.explanation.TokenCount;
import dev.kindred.jobs.analysis.PromptLens;
import dev.kindred.jobs.explain.Explain;
import dev.kindred.jobs.explain.LocalExplain;
import dev.kindred.jobs.report.Comparison;
import dev.kindred.jobs.report.Explained;
import dev.kindred.jobs.report.NGramRow;
import dev.kindred.jobs.run.RunPlan;
import dev.kindred.lens.Lens;
import dev.kindred.math.Shares;
import dev.kindred.prediction.Predictions;
import dev.kindred.table.Tables;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A run that questions are asked about: model, strings, vectors and text are in memory. */
public final class OpenRun implements AutoCloseable {
  /** Places of a string that are shown. */
  private static final int MOST_PLACES = 100;

  /** Positions of a text that are explained at once. */
  private static final int MOST_POSITIONS = 400;

  private final RunPlan plan;
  private final Explain explain;
  private final LocalExplain local;
  private final AskQueue queue;
  private final Tokenizer tokenizer;
  private final CorpusText corpus;
  private final Optional<LocalNGram> ngram;

  OpenRun(RunPlan plan, Explain explain, LocalExplain local) {
    this.plan = plan;
    this.explain = explain;
    this.local = local;
    this.queue = new AskQueue(local);
    this.tokenizer = Tokenizer.of(local.model().tokenizerJson());
    this.corpus = new CorpusText(plan.runId(), local.places(), local.model().tokenizerJson());
    this.ngram =
        LocalNGram.read(
            explain
                .warehouse()
                .part(Tables.BASELINE_FITS, local.model().id(), plan.corpusId(), plan.promptSet()),
            local.strings(),
            local.model().shape().vocabularySize());
  }

  RunPlan plan() {
    return plan;
  }

  /**
   * An explained prompt.
   *
   * @param notes what is to be said beside it
   * @param hasBins whether its evidence by similarity can be asked for
   */
  public record Answered(Explained explained, List<String> notes, boolean hasBins) {}

  /**
   * The same on a page.
   *
   * @param ngram what the best n-gram of the same strings predicts; null if the run has none
   */
  public record Page(Answered answered, NGramRow ngram) {}

  /**
   * Explains the end of a text.
   *
   * @param strings similar strings of a block, at most
   * @param shades whether tokens are shaded
   */
  Answered ask(String text, int strings, Explain.Shades shades) {
    List<String> notes = new ArrayList<>();
    List<Prompt> fitted =
        explain.fitted(
            List.of(prompt(text)), note -> notes.add(note.replaceFirst("^kindred: ", "")));
    Explained explained = queue.ask(fitted, strings);
    return new Answered(
        shades == Explain.Shades.TOKENS ? explained.with(local.shadings(fitted)) : explained,
        notes,
        local.hasBins());
  }

  /** Returns what the best n-gram of the same strings predicts; none if the run has none. */
  Optional<NGramRow> ngram(Answered answered) {
    Explanation explanation = answered.explained().prompts().get(0);
    return ngram.map(found -> ngram(found, explanation));
  }

  private NGramRow ngram(LocalNGram found, Explanation explanation) {
    Shares shares = found.probabilities(explanation.tokenIds());
    double[] probabilities = shares.dense(local.model().shape().vocabularySize());
    Map<String, Double> byText = new HashMap<>();
    for (int id = 0; id < probabilities.length; id++) {
      byText.merge(tokenizer.text(id), probabilities[id], Math::max);
    }

    return new NGramRow(
        Comparison.nameOf(found.baseline(), found.order()),
        explanation.nextTokens().stream()
            .map(token -> byText.getOrDefault(token.text(), 0.))
            .toList(),
        Predictions.here(local.model(), List.of(explanation.tokenIds()), 1)
            .get(0)
            .distribution()
            .distance(shares));
  }

  /**
   * Shows what the model would predict after each block, at each position of a text's end.
   *
   * @param most tokens of the end
   */
  Lens lens(String text, int most) {
    Prompt prompt = prompt(text);
    if (prompt.tokenIds().length == 0) {
      throw new InvalidInput("text: is empty");
    }

    int length = Math.min(Math.min(most, local.model().contextLength()), prompt.tokenIds().length);
    return PromptLens.of(
        local.model(), length == prompt.tokenIds().length ? prompt : prompt.end(length, tokenizer));
  }

  /**
   * Returns the evidence for the end of a text, by similarity. One such question at a time.
   *
   * @throws InvalidInput if the rule has no thresholds and weights that could be others
   */
  synchronized BinnedEvidence bins(String text) {
    return local
        .bins(explain.fitted(List.of(prompt(text)), note -> {}).get(0))
        .orElseThrow(
            () ->
                new InvalidInput(
                    "bins.json: run %s has a rule of rings, without weights to be changed",
                    plan.runId()));
  }

  private Prompt prompt(String text) {
    return Prompts.ofText("text", text, local.model().tokenizerJson());
  }

  /**
   * A string of the corpus.
   *
   * @param tokens of it
   * @param following what follows it, the most frequent first
   * @param places of it, those that are kept
   */
  public record StringView(
      long windowId,
      String text,
      int tokens,
      long occurrences,
      List<TokenCount> following,
      List<Place> places) {}

  /**
   * Shows a string of the corpus.
   *
   * @throws InvalidInput if there is none
   */
  StringView string(long windowId) {
    CorpusStrings strings = local.strings();
    int window = strings.find(windowId);
    if (window < 0) {
      throw new InvalidInput("string %d: there is none with this number", windowId);
    }

    return new StringView(
        windowId,
        tokenizer.text(strings.tokenIds(window)),
        strings.windowLength(),
        strings.occurrences(window),
        corpus.mostFrequent(strings.following(window)),
        local
            .places()
            .map(kept -> kept.of(windowId, MOST_PLACES, CorpusText.AROUND))
            .orElse(List.of()));
  }

  /**
   * A position of a text.
   *
   * @param token the token that stands there
   * @param hellinger distance of model and strings after the tokens before it, in [0, 1]; null
   *     where too few stand before it
   * @param model probability that the model gives the token; null likewise
   * @param strings probability that similar strings give it
   * @param before the prompt, which is what stands before it
   */
  public record Position(
      String token, Double hellinger, Double model, Double strings, String before) {}

  /**
   * A text, position by position.
   *
   * @param positions one a token
   */
  public record TextView(String text, List<Position> positions) {}

  /**
   * Explains every position of a text.
   *
   * @throws InvalidInput if it has too many
   */
  TextView text(String text) {
    int[] ids = prompt(text).tokenIds();
    int length = local.strings().windowLength();
    if (ids.length > MOST_POSITIONS) {
      throw new InvalidInput(
          "text has %d tokens, of which %d can be explained at once; ask in parts",
          ids.length, MOST_POSITIONS);
    }

    List<Prompt> prompts = new ArrayList<>();
    for (int at = length; at < ids.length; at++) {
      prompts.add(Prompt.of(Arrays.copyOfRange(ids, at - length, at), tokenizer));
    }

    List<Explanation> explained = prompts.isEmpty() ? List.of() : queue.ask(prompts, 1).prompts();
    List<Position> positions = new ArrayList<>();
    for (int at = 0; at < ids.length; at++) {
      String token = tokenizer.text(ids[at]);
      if (at < length) {
        positions.add(new Position(token, null, null, null, null));
        continue;
      }

      Explanation explanation = explained.get(at - length);
      NextToken next =
          explanation.nextTokens().stream()
              .filter(listed -> listed.text().equals(token))
              .findFirst()
              .orElse(null);
      positions.add(
          new Position(
              token,
              explanation.compatible().hellinger(),
              next == null ? null : (Double) next.model(),
              next == null ? null : (Double) next.approximation(),
              explanation.text()));
    }

    return new TextView(text, positions);
  }

  /** Returns the corpus's text. */
  CorpusText corpus() {
    return corpus;
  }

  @Override
  public void close() {
    queue.close();
    local.close();
  }
}
