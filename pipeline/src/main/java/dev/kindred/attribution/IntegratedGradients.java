/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.attribution;

/**
 * Integrated gradients: the gradient is averaged on the straight way from a baseline, where every
 * token has the same row, to the prompt, and multiplied by what lies between them. Their sum is
 * what the objective gains on the way, up to the error of the integral.
 *
 * <p>Described in <a href="https://arxiv.org/abs/1703.01365">Sundararajan, Taly, Yan, Axiomatic
 * Attribution for Deep Networks (2017)</a>. Points and weights are those of Gauss and Legendre.
 *
 * @param scores one a token
 * @param sum of them
 * @param difference of the objective's values at the prompt and at the baseline
 * @param steps points on the way
 */
public record IntegratedGradients(double[] scores, double sum, double difference, int steps) {
  /** Points on the way that are enough where the objective changes evenly. */
  public static final int STEPS = 64;

  private static final int MOST_STEPS = 2048;

  /** The share of the difference by which the sum may miss it, or, of small ones, how much. */
  public static final double ERROR = .01;

  /**
   * Integrates with {@link #STEPS} points, or two, four, .. times as many until the sum {@linkplain
   * #isComplete is the difference}, up to 2,048: norms make some ways steep near their ends.
   *
   * @param baseline the row of every token there
   */
  public static IntegratedGradients of(AttributedPrediction prediction, Replacement.Row baseline) {
    IntegratedGradients found = of(prediction, baseline, STEPS);
    while (!found.isComplete() && found.steps() < MOST_STEPS) {
      found = of(prediction, baseline, 2 * found.steps());
    }

    return found;
  }

  /**
   * Integrates.
   *
   * @param baseline the row of every token there
   * @param steps points on the way, at least 1
   */
  public static IntegratedGradients of(
      AttributedPrediction prediction, Replacement.Row baseline, int steps) {
    int dimension = prediction.dimension();
    float[] rows = prediction.rows();
    double[] points = new double[steps];
    double[] weights = new double[steps];
    gaussLegendre(points, weights);
    float[][] path = new float[steps][rows.length];
    float[] start = new float[rows.length];
    for (int i = 0; i < rows.length; i++) {
      start[i] = baseline.values()[i % dimension];
      for (int step = 0; step < steps; step++) {
        path[step][i] = (float) (start[i] + points[step] * (rows[i] - start[i]));
      }
    }

    float[][] gradients = prediction.gradients(path);
    double[] scores = new double[prediction.length()];
    double sum = 0;
    for (int i = 0; i < rows.length; i++) {
      double mean = 0;
      for (int step = 0; step < steps; step++) {
        mean += weights[step] * gradients[step][i];
      }

      double share = mean * ((double) rows[i] - start[i]);
      scores[i / dimension] += share;
      sum += share;
    }

    double atStart = prediction.objective().of(prediction.logitsOfRows(new float[][] {start})[0]);
    return new IntegratedGradients(scores, sum, prediction.value() - atStart, steps);
  }

  /** How far the sum is from the difference, as a share of it. */
  public double error() {
    return Math.abs(sum - difference) / Math.abs(difference);
  }

  /** Whether the sum is within 1 % of the difference, or within 0.01. */
  public boolean isComplete() {
    return Math.abs(sum - difference) <= ERROR * Math.max(1, Math.abs(difference));
  }

  /** Fills in points in (0, 1) and their weights, which sum to 1. */
  private static void gaussLegendre(double[] points, double[] weights) {
    int n = points.length;
    for (int i = 0; i < n; i++) {
      double x = Math.cos(Math.PI * (i + .75) / (n + .5)); // near a root of P_n
      double slope = 0;
      for (int iteration = 0; iteration < 20; iteration++) {
        double before = 1; // P_0
        double p = x; // P_1
        for (int k = 2; k <= n; k++) {
          double next = ((2 * k - 1) * x * p - (k - 1) * before) / k;
          before = p;
          p = next;
        }

        slope = n * (x * p - before) / (x * x - 1);
        x -= p / slope;
      }

      points[i] = (1 + x) / 2;
      weights[i] = 1 / ((1 - x * x) * slope * slope);
    }
  }
}
