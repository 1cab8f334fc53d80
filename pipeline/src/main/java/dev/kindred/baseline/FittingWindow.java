/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.baseline;

import dev.kindred.prediction.NextTokenDistribution;
import java.io.Serializable;
import java.util.Arrays;

/**
 * A window of the corpus beside what the model predicts after it and what else follows its
 * suffixes: what n-gram models are fitted to. The window's own occurrences are not in it.
 *
 * <p>Tokens that follow no suffix of one token or more are taken together as one, the rest, so that
 * its size does not grow with the vocabulary. The rest has what model and corpus would have in
 * common there if their probabilities were in the proportions of the corpus's counts; mixing with
 * the uniform distribution changes these proportions by little.
 *
 * <p>Letters: T = tokens that follow the last one, in ascending order; the place T is the rest.
 *
 * @param modelRoots [T + 1], square roots of the model's probabilities
 * @param uniform [T + 1], shares of the uniform distribution
 * @param places [L][], places of the tokens that follow the last k
 * @param counts [L][], how often
 * @param preceding [L][], after how many distinct tokens
 * @param rest how often the tokens of the rest stand in the corpus
 * @param restPreceding after how many distinct tokens
 */
record FittingWindow(
    int promptId,
    double[] modelRoots,
    double[] uniform,
    int[][] places,
    double[][] counts,
    double[][] preceding,
    Rest rest,
    Rest restPreceding)
    implements Serializable {
  private static final long serialVersionUID = 1L;

  /**
   * Counts of tokens that are taken together.
   *
   * @param total their sum
   * @param numbers [3], how many tokens have a count of 1, 2, and 3 or more
   */
  record Rest(double total, double[] numbers) implements Serializable {
    private static final long serialVersionUID = 1L;

    private Rest() {
      this(0, new double[3]);
    }

    private Rest plus(double count) {
      double[] more = numbers.clone();
      if (count > 0) {
        more[(int) Math.min(count, more.length) - 1]++;
      }

      return new Rest(total + count, more);
    }

    double types() {
      return numbers[0] + numbers[1] + numbers[2];
    }
  }

  /**
   * A window's.
   *
   * @param statistics without its own occurrences
   * @param model what it predicts
   */
  static FittingWindow of(int promptId, SuffixStatistics statistics, NextTokenDistribution model) {
    int[] support = statistics.tokens()[1];
    int size = support.length;
    double[] modelRoots = new double[size + 1];
    double[] uniform = new double[size + 1];
    for (int place = 0; place < size; place++) {
      modelRoots[place] = Math.sqrt(model.probability(support[place]));
      uniform[place] = 1.0 / model.vocabularySize();
    }

    uniform[size] = (model.vocabularySize() - size) / (double) model.vocabularySize();
    int length = statistics.windowLength();
    int[][] places = new int[length][];
    double[][] counts = new double[length][];
    double[][] preceding = new double[length][];
    Rest rest = new Rest();
    Rest restPreceding = new Rest();
    double common = 0; // of model and corpus in the rest
    for (int k = 0; k < length; k++) {
      int[] tokens = statistics.tokens()[k];
      int kept = 0;
      places[k] = new int[tokens.length];
      counts[k] = new double[tokens.length];
      preceding[k] = new double[tokens.length];
      for (int i = 0; i < tokens.length; i++) {
        int place = Arrays.binarySearch(support, tokens[i]);
        if (place >= 0) {
          places[k][kept] = place;
          counts[k][kept] = statistics.counts()[k][i];
          preceding[k][kept++] = statistics.preceding()[k][i];
        } else { // after no token only
          rest = rest.plus(statistics.counts()[k][i]);
          restPreceding = restPreceding.plus(statistics.preceding()[k][i]);
          common += Math.sqrt(model.probability(tokens[i]) * statistics.counts()[k][i]);
        }
      }

      places[k] = Arrays.copyOf(places[k], kept);
      counts[k] = Arrays.copyOf(counts[k], kept);
      preceding[k] = Arrays.copyOf(preceding[k], kept);
    }

    modelRoots[size] = rest.total() == 0 ? 0 : common / Math.sqrt(rest.total());
    return new FittingWindow(
        promptId, modelRoots, uniform, places, counts, preceding, rest, restPreceding);
  }
}
