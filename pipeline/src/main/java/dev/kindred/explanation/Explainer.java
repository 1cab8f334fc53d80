/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.explanation;

import dev.kindred.corpus.Tokenizer;
import dev.kindred.math.Shares;
import dev.kindred.math.TopTokens;
import dev.kindred.prediction.NextTokenDistribution;
import dev.kindred.prediction.Rule;
import dev.kindred.prediction.TokenFrequencies;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** Turns what was found about prompts into explanations, one by one. For one thread. */
public final class Explainer implements Serializable {
  private static final long serialVersionUID = 1L;

  /** Next tokens that are shown of a distribution. */
  private static final int TOKENS = 10;

  /** Next tokens less probable than this, by model and approximation, are not shown. */
  private static final double LEAST_PROBABILITY = 0.001;

  /**
   * How prompts were joined, and what of it is shown.
   *
   * @param rule of the blocks that were looked at
   * @param frequencies of the corpus's tokens; null where the rule does not use them
   * @param strings similar strings that are shown of a block, at most
   * @param hasEffects whether it is computed what hangs on each of them
   */
  public record Settings(Rule rule, TokenFrequencies frequencies, int strings, boolean hasEffects)
      implements Serializable {}

  private final Settings settings;
  private final String tokenizerJson;
  private final Ranks ranks;
  private transient Map<Integer, String> texts; // of tokens that have been seen

  /**
   * @param tokenizerJson the model's tokenizer
   * @param ranks of the run that prompts are compared with
   */
  public Explainer(Settings settings, String tokenizerJson, Ranks ranks) {
    this.settings = settings;
    this.tokenizerJson = tokenizerJson;
    this.ranks = ranks;
  }

  /** Returns a prompt's explanation; its strings have no places yet. */
  public Explanation explain(PromptFindings found) {
    texts = texts == null ? new HashMap<>() : texts;
    boolean isInCorpus = found.occurrences() > 0;
    int[] tokens = shown(found.model(), found.approximation());
    return new Explanation(
        found.promptId(),
        found.text(),
        found.tokenIds(),
        found.occurrences(),
        nextTokens(
            tokens, found.model(), found.approximation(), isInCorpus ? found.leaveOneOut() : null),
        isInCorpus ? following(found) : null,
        ranks.compatible(found.hellinger()),
        isInCorpus ? ranks.leaveOneOut(found.hellingerLeaveOneOut()) : null,
        blocks(found, tokens));
  }

  /** The tokens that are shown, the most probable first. */
  private static int[] shown(NextTokenDistribution model, Map<Integer, Double> approximation) {
    // What is among the first by either of them is among the first of one of them.
    int[] tokens =
        IntStream.concat(Arrays.stream(model.top(TOKENS)), Arrays.stream(top(approximation)))
            .distinct()
            .toArray();
    double[] greater = new double[tokens.length];
    for (int i = 0; i < tokens.length; i++) {
      greater[i] =
          Math.max(model.probability(tokens[i]), approximation.getOrDefault(tokens[i], 0.));
    }

    return IntStream.of(TopTokens.places(tokens, greater, TOKENS))
        .filter(place -> greater[place] >= LEAST_PROBABILITY)
        .map(place -> tokens[place])
        .toArray();
  }

  private List<NextToken> nextTokens(
      int[] tokens,
      NextTokenDistribution model,
      Map<Integer, Double> approximation,
      Map<Integer, Double> leaveOneOut) {
    return IntStream.of(tokens)
        .mapToObj(
            token ->
                new NextToken(
                    text(token),
                    model.probability(token),
                    approximation.getOrDefault(token, 0.),
                    leaveOneOut == null ? null : leaveOneOut.getOrDefault(token, 0.)))
        .toList();
  }

  private static int[] top(Map<Integer, Double> probabilities) {
    int[] tokens = probabilities.keySet().stream().mapToInt(Integer::intValue).toArray();
    double[] values = IntStream.of(tokens).mapToDouble(probabilities::get).toArray();
    return IntStream.of(TopTokens.places(tokens, values, TOKENS))
        .map(place -> tokens[place])
        .toArray();
  }

  private Following following(PromptFindings found) {
    if (found.following().isEmpty()) {
      return null;
    }

    return new Following(
        mostFrequent(found.following()),
        isMostFrequent(found.modelTopToken(), found.following()),
        isMostFrequent(found.leaveOneOutTopToken(), found.following()));
  }

  /** Whether no other token follows more often; null is a prediction of nothing. */
  private static boolean isMostFrequent(Integer token, Map<Integer, Long> counts) {
    long greatest = counts.values().stream().mapToLong(Long::longValue).max().orElseThrow();
    return token != null && counts.getOrDefault(token, 0L) == greatest;
  }

  private List<BlockExplanation> blocks(PromptFindings found, int[] tokens) {
    Rule rule = settings.rule();
    double[] shares =
        rule.shares(
            found.blocks().stream().map(PromptFindings.OfBlock::counts).toList(),
            settings.frequencies());
    Effects effects =
        settings.hasEffects() ? new Effects(rule, settings.frequencies(), found) : null;
    List<BlockExplanation> explanations = new ArrayList<>();
    for (int place = 0; place < shares.length; place++) {
      PromptFindings.OfBlock block = found.blocks().get(place);
      Map<Integer, Long> counts = block.counts().all();
      int ofBlock = place;
      explanations.add(
          new BlockExplanation(
              block.block(),
              rule.thresholds()[place],
              rule.weights()[place],
              block.similarCount(),
              shares[place],
              found.model().distance(Shares.of(counts)),
              shares(tokens, counts),
              mostFrequent(counts),
              block.strings().stream()
                  .map(
                      string ->
                          string(
                              string,
                              found.text(),
                              effects == null ? null : effects.of(ofBlock, string)))
                  .toList()));
    }

    return explanations;
  }

  private static List<Double> shares(int[] tokens, Map<Integer, Long> counts) {
    long total = counts.values().stream().mapToLong(Long::longValue).sum();
    return IntStream.of(tokens)
        .mapToObj(token -> total == 0 ? 0. : (double) counts.getOrDefault(token, 0L) / total)
        .toList();
  }

  private SimilarString string(PromptFindings.FoundString string, String prompt, Double effect) {
    return new SimilarString(
        string.windowId(),
        string.text(),
        SimilarString.sharedSuffix(string.text(), prompt),
        string.similarity(),
        effect,
        string.occurrences(),
        mostFrequent(string.nextTokens()),
        List.of());
  }

  private List<TokenCount> mostFrequent(Map<Integer, Long> counts) {
    return TokenCount.mostFrequent(counts, TOKENS, this::text);
  }

  private String text(int token) {
    return texts.computeIfAbsent(token, Tokenizer.of(tokenizerJson)::text);
  }
}
