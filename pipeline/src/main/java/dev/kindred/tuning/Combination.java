/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.tuning;

import dev.kindred.prediction.Mixture;
import java.io.Serializable;
import java.util.Arrays;

/**
 * A way to make one distribution out of the blocks' evidence. Only {@link #mixture} is what runs
 * do; the others are there to be measured against it.
 */
public interface Combination extends Serializable {

  /**
   * A prompt's distribution.
   *
   * @param withOwn whether the prompt's own window is evidence
   * @param counts T numbers to work with
   * @param shares T numbers, not negative, of any sum; are overwritten
   */
  void mix(PromptBins prompt, Tuned tuned, boolean withOwn, double[] counts, double[] shares);

  /**
   * How far it is from the model.
   *
   * @param withOwn whether the prompt's own window is evidence
   * @return Hellinger distance, in [0, 1]; 1 without evidence
   */
  default double distance(PromptBins prompt, Tuned tuned, boolean withOwn) {
    double[] shares = new double[prompt.tokens()];
    mix(prompt, tuned, withOwn, new double[shares.length], shares);
    return prompt.distance(shares);
  }

  /**
   * A sum of each block's counts times a factor: a search that changes one block adds the others up
   * once.
   */
  interface Sum extends Combination {
    /**
     * What a block's counts are multiplied by.
     *
     * @param weight the block's, not negative
     * @param total sum of its counts
     */
    double factor(double weight, double total);

    /**
     * Gives what a block adds, of its tokens.
     *
     * @param shares [U] and more, of which the first U are overwritten
     */
    default void ofBlock(
        PromptBins prompt, Tuned tuned, int block, boolean withOwn, double[] shares) {
      int tokens = prompt.places(block).length;
      double weight = tuned.weights()[block];
      double factor =
          weight == 0
              ? 0
              : factor(weight, prompt.countsOfBlock(block, tuned.bins()[block], withOwn, shares));
      if (factor == 0) {
        Arrays.fill(shares, 0, tokens, 0);
        return;
      }

      for (int i = 0; i < tokens; i++) {
        shares[i] *= factor;
      }
    }

    @Override
    default void mix(
        PromptBins prompt, Tuned tuned, boolean withOwn, double[] counts, double[] shares) {
      Arrays.fill(shares, 0);
      for (int block = 0; block < tuned.weights().length; block++) {
        ofBlock(prompt, tuned, block, withOwn, counts);
        int[] places = prompt.places(block);
        for (int i = 0; i < places.length; i++) {
          shares[places[i]] += counts[i];
        }
      }
    }
  }

  /** Blocks' counts times their factors in a {@link Mixture}, summed. */
  static Sum mixture(double saturation) {
    return (weight, total) -> Mixture.factor(weight, total, saturation);
  }

  /** Each block's distribution, however little evidence it has, times its weight. */
  static Sum distributions() {
    return (weight, total) -> total > 0 ? weight / total : 0;
  }

  /** The distribution of the one block that would have the greatest share of a mixture. */
  static Combination strongestBlock(double saturation) {
    return (prompt, tuned, withOwn, counts, shares) -> {
      double greatest = 0;
      int strongest = 0;
      for (int block = 0; block < tuned.weights().length; block++) {
        double total = prompt.counts(block, tuned.bins()[block], withOwn, counts);
        double share = tuned.weights()[block] * total / (1 + total / saturation);
        if (share > greatest) {
          greatest = share;
          strongest = block;
        }
      }

      prompt.counts(strongest, tuned.bins()[strongest], withOwn, shares);
    };
  }

  /**
   * The product of the blocks' distributions to the power of their weights.
   *
   * @param added to every count, so that a token that one block lacks is not excluded
   */
  static Combination product(double added) {
    return (prompt, tuned, withOwn, counts, shares) -> {
      Arrays.fill(shares, 0);
      for (int block = 0; block < tuned.weights().length; block++) {
        double weight = tuned.weights()[block];
        if (weight > 0) {
          double total = prompt.counts(block, tuned.bins()[block], withOwn, counts);
          double logTotal = Math.log(total + added * counts.length);
          for (int i = 0; i < shares.length; i++) {
            shares[i] += weight * (Math.log(counts[i] + added) - logTotal);
          }
        }
      }

      double greatest = Arrays.stream(shares).max().orElse(0);
      for (int i = 0; i < shares.length; i++) {
        shares[i] = Math.exp(shares[i] - greatest);
      }
    };
  }

  /**
   * A mixture of counts that weigh more the more similar the strings are: e^(rate * edge) in the
   * bin above an edge.
   *
   * @param step width of a bin
   */
  static Combination bySimilarity(double rate, double step, int bins, double saturation) {
    return (prompt, tuned, withOwn, counts, shares) -> {
      Mixture mixture = new Mixture(tuned.weights(), saturation);
      double[] weighted = new double[shares.length];
      Arrays.fill(shares, 0);
      for (int block = 0; block < mixture.blocks(); block++) {
        Arrays.fill(weighted, 0);
        double total = 0;
        for (int bin = tuned.bins()[block]; bin < bins; bin++) {
          // Counts are of all bins from this one on: what each adds is by how much it weighs more.
          double weight = Math.exp(rate * step * (bin - bins));
          double more = bin == tuned.bins()[block] ? weight : weight * (1 - Math.exp(-rate * step));
          total += more * prompt.counts(block, bin, withOwn, counts);
          add(weighted, counts, more);
        }

        add(shares, weighted, mixture.factor(block, total));
      }
    };
  }

  private static void add(double[] shares, double[] counts, double factor) {
    for (int i = 0; i < shares.length; i++) {
      shares[i] += factor * counts[i];
    }
  }
}
