/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.inversion;

import dev.kindred.math.Vectors;
import dev.kindred.model.ResidualStream;
import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * How accuracy grows with the number of features that count: whether it jumps, as the studies say,
 * or rises. Single searches need not rise with every feature, so that the curve is told from many.
 *
 * @param half the least width at which half of the tokens are found, between widths by a straight
 *     line; NaN if they never are
 * @param band from the width of 10 % to that of 90 %, in features; NaN if either is never reached
 * @param falling share of pairs of neighbouring widths between which a search got worse
 */
public record Channel(double half, double band, double falling) {
  private static final double LOW = .1;
  private static final double HIGH = .9;

  /**
   * Describes a curve.
   *
   * @param widths ascending, W
   * @param accuracies of each search, in [0, 1], R x W
   */
  public static Channel of(int[] widths, double[][] accuracies) {
    double[] mean =
        IntStream.range(0, widths.length)
            .mapToDouble(
                w ->
                    Arrays.stream(accuracies).mapToDouble(search -> search[w]).sum()
                        / accuracies.length)
            .toArray();
    long falls =
        Arrays.stream(accuracies)
            .mapToLong(
                search ->
                    IntStream.range(1, widths.length)
                        .filter(w -> search[w] < search[w - 1])
                        .count())
            .sum();
    int pairs = accuracies.length * (widths.length - 1);
    return new Channel(
        crossing(widths, mean, .5),
        crossing(widths, mean, HIGH) - crossing(widths, mean, LOW),
        pairs == 0 ? 0 : (double) falls / pairs);
  }

  /** The least width where a curve, which is straight between widths, comes to a height. */
  private static double crossing(int[] widths, double[] mean, double height) {
    if (mean[0] >= height) {
      return widths[0];
    }

    for (int w = 1; w < widths.length; w++) {
      if (mean[w] >= height) {
        return widths[w - 1]
            + (widths[w] - widths[w - 1]) * (height - mean[w - 1]) / (mean[w] - mean[w - 1]);
      }
    }

    return Double.NaN;
  }

  /**
   * The share of an output's squared length that each feature has, of a prompt.
   *
   * @param input T token ids
   * @return D numbers that sum to 1
   */
  public static double[] shares(
      ResidualStream model, TokenVectors tokens, Target target, int[] input) {
    float[] x = Vectors.sum(tokens.of(input), TokenVectors.positions(model, input.length));
    Target whole =
        new Target(
            target.blocks(),
            target.outputs(),
            target.part(),
            target.causal(),
            target.tokens(),
            null);
    return shares(InvertedOutputs.of(model, whole, input.length).of(x)[0], tokens.dimension());
  }

  /**
   * The share of the output's squared length that each feature has.
   *
   * @param output rows of D numbers
   * @param dimension D
   * @return D numbers that sum to 1
   */
  static double[] shares(float[] output, int dimension) {
    double[] shares = new double[dimension];
    double all = 0;
    for (int i = 0; i < output.length; i++) {
      double square = (double) output[i] * output[i];
      shares[i % dimension] += square;
      all += square;
    }

    for (int feature = 0; feature < dimension; feature++) {
      shares[feature] = all == 0 ? 0 : shares[feature] / all;
    }

    return shares;
  }
}
