/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.circuit;

import dev.kindred.math.Correlation;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.ejml.data.DMatrixRMaj;

/**
 * What a model predicts of the present token alone, without attention and networks, beside what
 * follows tokens in a text.
 *
 * @param basis what is read of a token: {@link TokenBasis#NORMED} is the model without its blocks
 * @param pairs of neighbours in the text
 * @param crossEntropy of that prediction with what follows, in nats
 * @param bigramEntropy of what follows, by the text's own pairs: no prediction is better
 * @param unigramEntropy of tokens that follow, whatever stands before, in nats
 * @param correlation of logits, less their mean over tokens, with logarithms of counts, over
 *     distinct pairs that occur
 * @param centeredCorrelation the same with each token's mean over its pairs taken from both
 */
public record DirectPath(
    TokenBasis basis,
    long pairs,
    double crossEntropy,
    double bigramEntropy,
    double unigramEntropy,
    double correlation,
    double centeredCorrelation) {

  private static final int LOGITS = 16 * 1024 * 1024; // at once, 128 MiB

  /** Tokens that follow one another, and how often. */
  public record Bigram(int first, int second, long count) {}

  /** Compares a model with a text's bigrams, which are in a fixed order. */
  public static DirectPath of(FoldedModel model, TokenBasis basis, List<Bigram> bigrams) {
    long[] before = new long[model.vocabulary()];
    long[] after = new long[model.vocabulary()];
    long pairs = 0;
    for (Bigram bigram : bigrams) {
      before[bigram.first] += bigram.count;
      after[bigram.second] += bigram.count;
      pairs += bigram.count;
    }

    Map<Integer, FirstToken> ofFirst = predicted(model, basis, bigrams);
    double cross = 0;
    double own = 0;
    double ofTokens = 0;
    double[] x = new double[bigrams.size()];
    double[] y = new double[bigrams.size()];
    for (int i = 0; i < x.length; i++) {
      Bigram bigram = bigrams.get(i);
      double share = (double) bigram.count / pairs;
      FirstToken first = ofFirst.get(bigram.first);
      x[i] = first.logits.get(bigram.second);
      y[i] = Math.log(bigram.count);
      cross -= share * (x[i] - first.normalizer);
      x[i] -= first.usual;
      own -= share * Math.log((double) bigram.count / before[bigram.first]);
      ofTokens -= share * Math.log((double) after[bigram.second] / pairs);
    }

    return new DirectPath(
        basis,
        pairs,
        cross,
        own,
        ofTokens,
        Correlation.of(x, y),
        Correlation.of(
            centered(x, bigrams, model.vocabulary()), centered(y, bigrams, model.vocabulary())));
  }

  /**
   * What is predicted of one token alone.
   *
   * @param logits of the tokens that follow it in the text
   * @param normalizer ln of the sum of all exponentials
   * @param usual mean of all logits: what is added to all of them predicts nothing
   */
  private record FirstToken(Map<Integer, Double> logits, double normalizer, double usual) {}

  private static Map<Integer, FirstToken> predicted(
      FoldedModel model, TokenBasis basis, List<Bigram> bigrams) {
    int[] all = IntStream.range(0, model.vocabulary()).toArray();
    DMatrixRMaj unembeddings = model.unembeddings(all);
    Map<Integer, List<Bigram>> byFirst =
        bigrams.stream()
            .collect(Collectors.groupingBy(Bigram::first, TreeMap::new, Collectors.toList()));
    int[] firsts = byFirst.keySet().stream().mapToInt(Integer::intValue).toArray();
    int atOnce = Math.max(1, LOGITS / all.length);
    Map<Integer, FirstToken> found = new HashMap<>();
    for (int from = 0; from < firsts.length; from += atOnce) {
      int[] some = Arrays.copyOfRange(firsts, from, Math.min(firsts.length, from + atOnce));
      DMatrixRMaj logits = Products.timesTransposed(basis.rows(model, some), unembeddings);
      for (int i = 0; i < some.length; i++) {
        found.put(some[i], first(model, logits, i, byFirst.get(some[i])));
      }
    }

    return found;
  }

  private static FirstToken first(
      FoldedModel model, DMatrixRMaj logits, int row, List<Bigram> bigrams) {
    int vocabulary = logits.numCols;
    double greatest = Double.NEGATIVE_INFINITY;
    double usual = 0;
    for (int second = 0; second < vocabulary; second++) {
      double logit = logits.get(row, second) + model.unembeddingBias(second);
      logits.set(row, second, logit);
      greatest = Math.max(greatest, logit);
      usual += logit / vocabulary;
    }

    double sum = 0;
    for (int second = 0; second < vocabulary; second++) {
      sum += Math.exp(logits.get(row, second) - greatest);
    }

    Map<Integer, Double> ofSecond = new HashMap<>();
    bigrams.forEach(bigram -> ofSecond.put(bigram.second, logits.get(row, bigram.second)));
    return new FirstToken(ofSecond, greatest + Math.log(sum), usual);
  }

  /** Takes from each number the mean of those with the same first token. */
  private static double[] centered(double[] values, List<Bigram> bigrams, int vocabulary) {
    double[] sums = new double[vocabulary];
    int[] counts = new int[vocabulary];
    for (int i = 0; i < values.length; i++) {
      sums[bigrams.get(i).first] += values[i];
      counts[bigrams.get(i).first]++;
    }

    return IntStream.range(0, values.length)
        .mapToDouble(i -> values[i] - sums[bigrams.get(i).first] / counts[bigrams.get(i).first])
        .toArray();
  }
}
