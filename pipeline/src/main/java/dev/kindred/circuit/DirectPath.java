/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.circuit;

import dev.kindred.math.Correlation;
import java.util.List;
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

  /** Tokens that follow one another, and how often. */
  public record Bigram(int first, int second, long count) {}

  /** Compares a model with a text's bigrams, which are in a fixed order. */
  public static DirectPath of(FoldedModel model, TokenBasis basis, List<Bigram> bigrams) {
    int[] all = IntStream.range(0, model.vocabulary()).toArray();
    DMatrixRMaj logits = Products.timesTransposed(basis.rows(model, all), model.unembeddings(all));
    double[] normalizers = new double[all.length];
    for (int first : all) {
      double greatest = Double.NEGATIVE_INFINITY;
      for (int second : all) {
        logits.set(first, second, logits.get(first, second) + model.unembeddingBias(second));
        greatest = Math.max(greatest, logits.get(first, second));
      }

      double sum = 0;
      for (int second : all) {
        sum += Math.exp(logits.get(first, second) - greatest);
      }

      normalizers[first] = greatest + Math.log(sum);
    }

    double[] usual = new double[all.length]; // what is added to all logits predicts nothing
    for (int i = 0; i < logits.data.length; i++) {
      usual[i / all.length] += logits.data[i] / all.length;
    }

    long[] before = new long[all.length];
    long[] after = new long[all.length];
    long pairs = 0;
    for (Bigram bigram : bigrams) {
      before[bigram.first] += bigram.count;
      after[bigram.second] += bigram.count;
      pairs += bigram.count;
    }

    double cross = 0;
    double own = 0;
    double ofTokens = 0;
    double[] x = new double[bigrams.size()];
    double[] y = new double[bigrams.size()];
    for (int i = 0; i < x.length; i++) {
      Bigram bigram = bigrams.get(i);
      double share = (double) bigram.count / pairs;
      x[i] = logits.get(bigram.first, bigram.second);
      y[i] = Math.log(bigram.count);
      cross -= share * (x[i] - normalizers[bigram.first]);
      x[i] -= usual[bigram.first];
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
        Correlation.of(centered(x, bigrams, all.length), centered(y, bigrams, all.length)));
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
