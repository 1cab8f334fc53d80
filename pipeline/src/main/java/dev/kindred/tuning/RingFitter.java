/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.tuning;

import dev.kindred.math.Adam;
import dev.kindred.math.OrderedMeans;
import dev.kindred.prediction.Rings;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Fits {@link Rings} to a model's predictions by gradient descent on the mean Hellinger distance
 * over some prompts, and keeps the best of what it comes by on others.
 *
 * <p>Letters: those of {@link Rings}.
 */
final class RingFitter {
  static final int STEPS = 500;

  private static final int STEPS_A_LOOK = 10; // at the held-out prompts
  private static final double RATE = 0.3; // of the logarithm of a prior
  private static final double FIRST_PRIOR = 30;
  private static final double LEAST_DISTANCE = 1e-4; // whose gradient is taken

  private final List<RingCounts> fitted;
  private final List<RingCounts> heldOut;
  private final Runnable stepDone;

  /** Rings and their mean distance on the prompts that were held out. */
  record Fitted(Rings rings, double distance) {}

  /**
   * @param stepDone told of each of the {@link #STEPS}
   */
  RingFitter(List<RingCounts> fitted, List<RingCounts> heldOut, Runnable stepDone) {
    this.fitted = fitted;
    this.heldOut = heldOut;
    this.stepDone = stepDone;
  }

  /**
   * Fits.
   *
   * @param thresholds [B][R], ascending
   */
  Fitted fit(double[][] thresholds) {
    Layout layout = new Layout(thresholds);
    double[] parameters = layout.first();
    Adam descent = new Adam(RATE, STEPS, parameters.length);
    Fitted best = null;
    for (int step = 0; step <= STEPS; step++) {
      if (step % STEPS_A_LOOK == 0) {
        double distance = distance(layout, parameters, heldOut);
        if (best == null || distance < best.distance()) {
          best = new Fitted(layout.rings(parameters), distance);
        }
      }

      if (step < STEPS) {
        descent.step(parameters, gradient(layout, parameters, fitted));
        layout.limit(parameters);
        stepDone.run();
      }
    }

    return best;
  }

  /** The mean distance of prompts; the same whatever the number of threads. */
  static double distance(Layout layout, double[] parameters, List<RingCounts> prompts) {
    return OrderedMeans.of(prompts, prompt -> new Pass(layout, parameters, prompt).distance());
  }

  /** The gradient of the mean distance of prompts by each of the parameters. */
  static double[] gradient(Layout layout, double[] parameters, List<RingCounts> prompts) {
    return OrderedMeans.of(
        prompts,
        parameters.length,
        (prompt, sum) -> new Pass(layout, parameters, prompt).addGradient(sum));
  }

  /**
   * Where parameters are: the logarithm of each ring's prior, then its exponent where e^4 tokens
   * follow its strings, and by how much it is greater where e^8 do, both times how many rings there
   * are, so that all three move in steps of about one size.
   */
  static final class Layout {
    private static final int OF_A_RING = 3;
    private static final double UNIT = 4; // of the logarithm of how many tokens follow

    private final double[][] thresholds;
    private final int[] first; // [B], of the rings of a block
    private final int rings;

    Layout(double[][] thresholds) {
      this.thresholds = thresholds;
      this.first = new int[thresholds.length];
      int count = 0;
      for (int block = 0; block < first.length; block++) {
        first[block] = count;
        count += thresholds[block].length;
      }

      this.rings = count;
    }

    int ringsOf(int block) {
      return thresholds[block].length;
    }

    int prior(int block, int ring) {
      return OF_A_RING * (first[block] + ring);
    }

    int exponent(int block, int ring) {
      return prior(block, ring) + 1;
    }

    int growth(int block, int ring) {
      return prior(block, ring) + 2;
    }

    /** What an exponent's parameter is multiplied by. */
    double exponents() {
      return 1. / rings;
    }

    /** What the parameter of its growth is multiplied by, besides. */
    static double growths(double total) {
      return Math.log1p(total) / UNIT - 1;
    }

    double[] first() {
      double[] parameters = new double[OF_A_RING * rings];
      for (int i = 0; i < parameters.length; i += OF_A_RING) {
        parameters[i] = Math.log(FIRST_PRIOR);
        parameters[i + 1] = 1;
      }

      return parameters;
    }

    /** Keeps priors within what they may be. */
    void limit(double[] parameters) {
      for (int i = 0; i < parameters.length; i += OF_A_RING) {
        parameters[i] =
            Math.max(
                Math.log(Rings.LEAST_PRIOR), Math.min(Math.log(Rings.MOST_PRIOR), parameters[i]));
      }
    }

    Rings rings(double[] parameters) {
      List<List<Rings.Ring>> blocks = new ArrayList<>();
      for (int block = 0; block < thresholds.length; block++) {
        List<Rings.Ring> ofBlock = new ArrayList<>();
        for (int ring = 0; ring < thresholds[block].length; ring++) {
          double exponent = parameters[exponent(block, ring)] * exponents();
          double growth = parameters[growth(block, ring)] * exponents();
          double prior = Math.exp(parameters[prior(block, ring)]);
          ofBlock.add(
              new Rings.Ring(
                  thresholds[block][ring],
                  Math.max(Rings.LEAST_PRIOR, Math.min(Rings.MOST_PRIOR, prior)),
                  exponent - growth,
                  growth / UNIT));
        }

        blocks.add(ofBlock);
      }

      return new Rings(blocks);
    }
  }

  /** One setting at one prompt, with what leads to its distance. */
  private static final class Pass {
    private final Layout layout;
    private final double[] parameters;
    private final RingCounts prompt;
    private final double[] logBase;
    private final double[][][] ratios; // [B][R][U + 1], p_j / p_0; the last is of other tokens
    private final double[][][] logRatios;
    private final double[][] sizes; // [B][R], n_j + a_j
    private final double[] shares; // [T]

    Pass(Layout layout, double[] parameters, RingCounts prompt) {
      int blocks = prompt.blocks().size();
      this.layout = layout;
      this.parameters = parameters;
      this.prompt = prompt;
      this.logBase = Arrays.stream(prompt.base()).map(Math::log).toArray();
      this.ratios = new double[blocks][][];
      this.logRatios = new double[blocks][][];
      this.sizes = new double[blocks][];
      double[] logs = new double[logBase.length];
      for (int block = 0; block < blocks; block++) {
        forward(block, logs);
      }

      this.shares = normalized(logs, prompt.isThere());
    }

    private static double[] normalized(double[] logs, boolean[] isThere) {
      double greatest = Double.NEGATIVE_INFINITY;
      for (int token = 0; token < logs.length; token++) {
        greatest = isThere[token] ? Math.max(greatest, logs[token]) : greatest;
      }

      double[] shares = new double[logs.length];
      double total = 0;
      for (int token = 0; token < logs.length; token++) {
        shares[token] = isThere[token] ? Math.exp(logs[token] - greatest) : 0;
        total += shares[token];
      }

      for (int token = 0; total > 0 && token < logs.length; token++) {
        shares[token] /= total;
      }

      return shares;
    }

    private void forward(int block, double[] logs) {
      RingCounts.OfBlock counted = prompt.blocks().get(block);
      int[] places = counted.places();
      int rings = layout.ringsOf(block);
      int others = places.length;
      ratios[block] = new double[rings][others + 1];
      logRatios[block] = new double[rings][others + 1];
      sizes[block] = new double[rings];
      double[] sums = new double[others + 1];
      double exponents = 0;
      for (int j = 0; j < rings; j++) {
        double prior = Math.exp(parameters[layout.prior(block, j)]);
        double exponent = exponent(block, j);
        double size = counted.totals()[j] + prior;
        for (int i = 0; i <= others; i++) {
          double looser = j == 0 ? 1 : ratios[block][j - 1][i];
          double count = i == others ? 0 : counted.counts()[j][i] / prompt.base()[places[i]];
          double ratio = (count + prior * looser) / size;
          ratios[block][j][i] = ratio;
          logRatios[block][j][i] = Math.log(ratio);
          sums[i] += exponent * logRatios[block][j][i];
        }

        sizes[block][j] = size;
        exponents += exponent;
      }

      for (int token = 0; token < logs.length; token++) {
        logs[token] += exponents * logBase[token] + sums[others];
      }

      for (int i = 0; i < others; i++) {
        logs[places[i]] += sums[i] - sums[others];
      }
    }

    private double growths(int block, int ring) {
      return Layout.growths(prompt.blocks().get(block).totals()[ring]);
    }

    private double exponent(int block, int ring) {
      return layout.exponents()
          * (parameters[layout.exponent(block, ring)]
              + parameters[layout.growth(block, ring)] * growths(block, ring));
    }

    double common() {
      double common = 0;
      for (int token = 0; token < shares.length; token++) {
        common += prompt.modelRoots()[token] * Math.sqrt(shares[token]);
      }

      return common;
    }

    double distance() {
      return Math.sqrt(Math.max(0, 1 - common()));
    }

    void addGradient(double[] gradient) {
      double common = common();
      double outer = -0.25 / Math.max(LEAST_DISTANCE, Math.sqrt(Math.max(0, 1 - common)));
      double[] slopes = new double[shares.length]; // by each logarithm, of sum 0
      double ofBase = 0;
      for (int token = 0; token < slopes.length; token++) {
        slopes[token] =
            outer
                * (prompt.modelRoots()[token] * Math.sqrt(shares[token]) - shares[token] * common);
        ofBase += slopes[token] * logBase[token];
      }

      for (int block = 0; block < ratios.length; block++) {
        addGradient(gradient, block, slopes, ofBase);
      }
    }

    private void addGradient(double[] gradient, int block, double[] slopes, double ofBase) {
      int[] places = prompt.blocks().get(block).places();
      double[] ofTokens = new double[places.length + 1];
      for (int i = 0; i < places.length; i++) {
        ofTokens[i] = slopes[places[i]];
        ofTokens[places.length] -= slopes[places[i]];
      }

      double[] passed = new double[ofTokens.length]; // to the looser ring's ratios
      for (int j = layout.ringsOf(block) - 1; j >= 0; j--) {
        double prior = Math.exp(parameters[layout.prior(block, j)]);
        double exponent = exponent(block, j);
        double size = sizes[block][j];
        double byExponent = ofBase;
        double byPrior = 0;
        for (int i = 0; i < ofTokens.length; i++) {
          double ratio = ratios[block][j][i];
          double looser = j == 0 ? 1 : ratios[block][j - 1][i];
          double byRatio = passed[i] + exponent * ofTokens[i] / ratio;
          byExponent += ofTokens[i] * logRatios[block][j][i];
          byPrior += byRatio * (looser - ratio);
          passed[i] = byRatio * prior / size;
        }

        gradient[layout.exponent(block, j)] += byExponent * layout.exponents();
        gradient[layout.growth(block, j)] += byExponent * layout.exponents() * growths(block, j);
        gradient[layout.prior(block, j)] += byPrior * prior / size;
      }
    }
  }
}
