/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.prediction;

import dev.kindred.math.Hellinger;
import dev.kindred.math.Shares;
import dev.kindred.math.TopTokens;
import dev.kindred.model.LogitMap;
import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * A model's distribution of the next token of one prompt. Of a small vocabulary it has all
 * probabilities, of a large one the vector that they are made of, so that it costs what is asked
 * for.
 *
 * <p>V = tokens of the vocabulary.
 */
public sealed interface NextTokenDistribution {

  /** Returns V. */
  int vocabularySize();

  /** Returns a token's probability, in [0, 1]. */
  double probability(int token);

  /** Returns all probabilities, [V]. */
  double[] dense();

  /**
   * Returns the most probable tokens, the most probable first, of equally probable ones the lowest.
   *
   * @param k how many, in [1, {@link LogitMap#LISTED}]; fewer are there where V is less
   */
  int[] top(int k);

  /**
   * Returns the Hellinger distance from a distribution of few tokens.
   *
   * @param tokens each once
   * @param probabilities theirs, of sum 1
   * @return in [0, 1]
   */
  double distance(int[] tokens, double[] probabilities);

  /**
   * Returns the Hellinger distance from the distribution that shares stand for.
   *
   * @return in [0, 1]; 1 where all shares are 0
   */
  double distance(Shares shares);

  /**
   * All probabilities.
   *
   * @param dense [V], sum 1
   */
  record Dense(double[] dense) implements NextTokenDistribution {
    @Override
    public int vocabularySize() {
      return dense.length;
    }

    @Override
    public double probability(int token) {
      return dense[token];
    }

    @Override
    public int[] top(int k) {
      return TopTokens.places(IntStream.range(0, dense.length).toArray(), dense, k);
    }

    @Override
    public double distance(int[] tokens, double[] probabilities) {
      double[] other = new double[dense.length];
      for (int i = 0; i < tokens.length; i++) {
        other[tokens[i]] = probabilities[i];
      }

      return Hellinger.distance(dense, other);
    }

    @Override
    public double distance(Shares shares) {
      return Hellinger.ofCounts(dense, shares.dense(dense.length));
    }
  }

  /**
   * The vector that probabilities are made of. Distances are 1 - sum of sqrt(p q) under a root,
   * which takes the probabilities of those tokens alone that the other distribution has, and {@code
   * rootSum} for all others together. That is exact up to rounding: squares of distances to some
   * 1e-6.
   *
   * <p>Probabilities that have been asked for are kept: it is for one thread.
   */
  final class OfVector implements NextTokenDistribution {
    private final LogitMap map;
    private final float[] finalVector;
    private final double logNormalizer;
    private final double rootSum;
    private final int[] topTokens;
    private final double[] probabilities; // [V], NaN where nobody has asked

    OfVector(
        LogitMap map, float[] finalVector, double logNormalizer, double rootSum, int[] topTokens) {
      this.map = map;
      this.finalVector = finalVector;
      this.logNormalizer = logNormalizer;
      this.rootSum = rootSum;
      this.topTokens = topTokens;
      this.probabilities = new double[map.tokens()];
      Arrays.fill(probabilities, Double.NaN);
    }

    @Override
    public int vocabularySize() {
      return probabilities.length;
    }

    @Override
    public double probability(int token) {
      if (Double.isNaN(probabilities[token])) {
        probabilities[token] = Math.exp(map.logit(finalVector, token) - logNormalizer);
      }

      return probabilities[token];
    }

    @Override
    public double[] dense() {
      double[] dense = map.logits(new float[][] {finalVector})[0];
      for (int token = 0; token < dense.length; token++) {
        dense[token] = Math.exp(dense[token] - logNormalizer);
      }

      return dense;
    }

    @Override
    public int[] top(int k) {
      return Arrays.copyOf(topTokens, Math.min(k, topTokens.length));
    }

    @Override
    public double distance(int[] tokens, double[] shares) {
      double common = 0;
      for (int i = 0; i < tokens.length; i++) {
        common += Math.sqrt(probability(tokens[i]) * shares[i]);
      }

      return Math.sqrt(Math.max(0, 1 - common));
    }

    @Override
    public double distance(Shares shares) {
      double total = 0;
      double common = 0;
      double roots = 0;
      for (int i = 0; i < shares.tokens().length; i++) {
        double root = Math.sqrt(probability(shares.tokens()[i]));
        roots += root;
        total += shares.values()[i];
        common += root * Math.sqrt(shares.values()[i]);
      }

      total += shares.others() * (probabilities.length - shares.tokens().length);
      common += Math.sqrt(shares.others()) * Math.max(0, rootSum - roots);
      return total == 0 ? 1 : Math.sqrt(Math.max(0, 1 - common / Math.sqrt(total)));
    }
  }
}
