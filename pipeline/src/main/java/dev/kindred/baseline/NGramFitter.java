/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.baseline;

import dev.kindred.math.Adam;
import dev.kindred.math.OrderedMeans;
import java.util.Arrays;
import java.util.List;

/**
 * Fits an {@link NGram} to a model's predictions by gradient descent (Adam; Kingma and Ba, 2015) on
 * the mean Hellinger distance over some windows, and keeps the best of what it comes by on others.
 *
 * <p>A model's probabilities are sums over contexts, p = sum over k of w_k u_k (c_k - d(c_k)),
 * where u_k = (1 - l_k) / n_k, g_k = u_k D_k + l_k is what is passed to the shorter context, and
 * w_k the product of the g of longer ones. So distance and gradient need what follows each context
 * only, whatever the vocabulary.
 */
final class NGramFitter {
  static final int STEPS = 200;

  private static final int STEPS_A_LOOK = 10; // at the held-out windows
  private static final double RATE = 0.1;
  private static final double LEAST_DISTANCE = 1e-4; // whose gradient is taken
  private static final double LEAST = 0.01; // of a discount's share that is begun with
  private static final int DISCOUNTS = 3;

  private final List<FittingWindow> fitted;
  private final List<FittingWindow> heldOut;
  private final Runnable stepDone;

  /** A model and its mean distance on the windows that were held out. */
  record Fitted(NGram ngram, double distance) {}

  /**
   * @param stepDone told of each of the {@link #STEPS} of a fit
   */
  NGramFitter(List<FittingWindow> fitted, List<FittingWindow> heldOut, Runnable stepDone) {
    this.fitted = fitted;
    this.heldOut = heldOut;
    this.stepDone = stepDone;
  }

  /** The mean distance over the windows that are fitted to. */
  double distance(NGram ngram) {
    return new Pass(ngram).distance(fitted);
  }

  /** The mean distance over the windows that are held out. */
  double heldOutDistance(NGram ngram) {
    return new Pass(ngram).distance(heldOut);
  }

  /** The slope of that distance by each of {@link #parameters}. */
  double[] gradient(NGram ngram) {
    return new Pass(ngram).gradient(fitted, parameters(ngram));
  }

  /** Shares that are begun with: the more different tokens follow a context, the more. */
  static double[][] firstLowerShares(int contexts) {
    double[] shares = new double[NGram.BUCKETS];
    for (int occurrences = 1; occurrences < 1 << 16; occurrences *= 2) {
      for (int types = 1; types < 1 << 8; types *= 2) {
        double share = types / (2. * (occurrences + types));
        shares[NGram.bucket(occurrences, types)] = Math.max(0.01, share);
      }
    }

    double[][] ofContexts = new double[contexts][];
    Arrays.setAll(ofContexts, k -> shares.clone());
    return ofContexts;
  }

  /** Goes on from a model, whose discounts and shares (if it has any) change. */
  Fitted fit(NGram first) {
    double[] parameters = parameters(first);
    Adam descent = new Adam(RATE, STEPS, parameters.length);
    Fitted best = new Fitted(first, heldOutDistance(first));
    for (int step = 1; step <= STEPS; step++) {
      NGram current = model(first, parameters);
      descent.step(parameters, new Pass(current).gradient(fitted, parameters));
      if (step % STEPS_A_LOOK == 0) {
        NGram next = model(first, parameters);
        double distance = heldOutDistance(next);
        if (distance < best.distance()) {
          best = new Fitted(next, distance);
        }
      }

      stepDone.run();
    }

    return best;
  }

  /** Numbers of any size whose logistic functions are shares of discounts, and lower shares. */
  static double[] parameters(NGram ngram) {
    int width = width(ngram);
    double[] parameters = new double[ngram.contexts() * width];
    for (int k = 0; k < ngram.contexts(); k++) {
      for (int i = 0; i < DISCOUNTS; i++) {
        double share = ngram.discounts()[k][i] / (i + 1);
        parameters[k * width + i] = logit(Math.min(1 - LEAST, Math.max(LEAST, share)));
      }

      for (int i = DISCOUNTS; i < width; i++) {
        parameters[k * width + i] = logit(ngram.lowerShares()[k][i - DISCOUNTS]);
      }
    }

    return parameters;
  }

  private static int width(NGram ngram) {
    return DISCOUNTS + (ngram.hasLowerShares() ? NGram.BUCKETS : 0);
  }

  static NGram model(NGram like, double[] parameters) {
    int width = width(like);
    double[][] discounts = new double[like.contexts()][DISCOUNTS];
    double[][] lowerShares = new double[like.hasLowerShares() ? like.contexts() : 0][NGram.BUCKETS];
    for (int k = 0; k < like.contexts(); k++) {
      for (int i = 0; i < width; i++) {
        double share = 1 / (1 + Math.exp(-parameters[k * width + i]));
        if (i < DISCOUNTS) {
          discounts[k][i] = (i + 1) * share;
        } else {
          lowerShares[k][i - DISCOUNTS] = share;
        }
      }
    }

    return new NGram(like.continuation(), discounts, lowerShares);
  }

  private static double logit(double share) {
    return Math.log(share / (1 - share));
  }

  /** One model over many windows. */
  private record Pass(NGram ngram) {
    private double distance(List<FittingWindow> windows) {
      return OrderedMeans.of(windows, window -> new OfWindow(ngram, window).distance());
    }

    /** Returns the gradient of the mean distance by each of the parameters. */
    private double[] gradient(List<FittingWindow> windows, double[] parameters) {
      double[] gradient =
          OrderedMeans.of(
              windows,
              parameters.length,
              (window, sum) -> new OfWindow(ngram, window).addGradient(sum));
      for (int i = 0; i < gradient.length; i++) { // of the logistic function
        double share = 1 / (1 + Math.exp(-parameters[i]));
        gradient[i] *= share * (1 - share);
      }

      return gradient;
    }
  }

  /** One model after one window. */
  private static final class OfWindow {
    private final NGram ngram;
    private final FittingWindow window;
    private final double[] totals; // [contexts], n; 0 for contexts that do not occur
    private final double[][] numbers; // [contexts][3], tokens with a count of 1, 2, and 3 or more
    private final int[] buckets; // [contexts]
    private final double[] kept; // [contexts], u
    private final double[] passed; // [contexts], g
    private final double[] weights; // [contexts + 1], w of the context of k - 1 tokens
    private final double[] probabilities; // [T + 1]

    private OfWindow(NGram ngram, FittingWindow window) {
      int contexts = ngram.contexts();
      this.ngram = ngram;
      this.window = window;
      this.totals = new double[contexts];
      this.numbers = new double[contexts][DISCOUNTS];
      this.buckets = new int[contexts];
      this.kept = new double[contexts];
      this.passed = new double[contexts];
      this.weights = new double[contexts + 1];
      this.probabilities = new double[window.modelRoots().length];
      for (int k = 0; k < contexts; k++) {
        context(k);
      }

      weights[contexts] = 1;
      for (int k = contexts - 1; k >= 0; k--) {
        weights[k] = weights[k + 1] * passed[k];
      }

      predict();
    }

    private double[] counted(int k) {
      return ngram.continuation() && k < ngram.contexts() - 1
          ? window.preceding()[k]
          : window.counts()[k];
    }

    private FittingWindow.Rest rest() {
      return ngram.continuation() && ngram.contexts() > 1 ? window.restPreceding() : window.rest();
    }

    private void context(int k) {
      for (double count : counted(k)) {
        totals[k] += count;
        numbers[k][(int) Math.min(count, DISCOUNTS) - 1]++;
      }

      double types = counted(k).length;
      if (k == 0) {
        totals[0] += rest().total();
        types += rest().types();
        for (int i = 0; i < DISCOUNTS; i++) {
          numbers[0][i] += rest().numbers()[i];
        }
      }

      if (totals[k] == 0) {
        passed[k] = 1;
        return;
      }

      buckets[k] = NGram.bucket(totals[k], (int) types);
      double share = ngram.hasLowerShares() ? ngram.lowerShares()[k][buckets[k]] : 0;
      kept[k] = (1 - share) / totals[k];
      passed[k] = kept[k] * sum(ngram.discounts()[k], numbers[k]) + share;
    }

    private static double sum(double[] one, double[] other) {
      return one[0] * other[0] + one[1] * other[1] + one[2] * other[2];
    }

    private void predict() {
      for (int place = 0; place < probabilities.length; place++) {
        probabilities[place] = weights[0] * window.uniform()[place];
      }

      for (int k = 0; k < totals.length; k++) {
        double factor = weights[k + 1] * kept[k];
        double[] counts = counted(k);
        for (int i = 0; i < counts.length; i++) {
          probabilities[window.places()[k][i]] +=
              factor * (counts[i] - NGram.discount(counts[i], ngram.discounts()[k]));
        }
      }

      probabilities[probabilities.length - 1] +=
          weights[1] * kept[0] * (rest().total() - sum(ngram.discounts()[0], rest().numbers()));
    }

    private double distance() {
      double common = 0;
      for (int place = 0; place < probabilities.length; place++) {
        common += window.modelRoots()[place] * Math.sqrt(Math.max(0, probabilities[place]));
      }

      return Math.sqrt(Math.max(0, 1 - common));
    }

    /** Adds that of the distance by discounts' shares and by lower shares. */
    private void addGradient(double[] gradient) {
      double outer = -0.25 / Math.max(LEAST_DISTANCE, distance());
      double[] slopes = new double[probabilities.length]; // by each probability
      double below = 0; // slopes times the distribution of the shorter context
      for (int place = 0; place < slopes.length; place++) {
        slopes[place] =
            window.modelRoots()[place] == 0
                ? 0
                : outer * window.modelRoots()[place] / Math.sqrt(probabilities[place]);
        below += slopes[place] * window.uniform()[place];
      }

      int width = width(ngram);
      for (int k = 0; k < totals.length; k++) {
        if (totals[k] > 0) {
          below = addGradient(gradient, k * width, k, slopes, below);
        }
      }
    }

    /**
     * Adds the gradient by the parameters of one context. Returns what is {@code below} for the
     * next longer context.
     */
    private double addGradient(double[] gradient, int at, int k, double[] slopes, double below) {
      double counts = 0; // slopes times counts
      double[] ofNumbers = new double[DISCOUNTS]; // slopes of tokens with a count of 1, 2, more
      double[] counted = counted(k);
      for (int i = 0; i < counted.length; i++) {
        double slope = slopes[window.places()[k][i]];
        counts += slope * counted[i];
        ofNumbers[(int) Math.min(counted[i], DISCOUNTS) - 1] += slope;
      }

      if (k == 0) {
        double slope = slopes[slopes.length - 1];
        counts += slope * rest().total();
        for (int i = 0; i < DISCOUNTS; i++) {
          ofNumbers[i] += slope * rest().numbers()[i];
        }
      }

      double[] discounts = ngram.discounts()[k];
      for (int i = 0; i < DISCOUNTS; i++) {
        gradient[at + i] +=
            weights[k + 1] * kept[k] * (i + 1) * (numbers[k][i] * below - ofNumbers[i]);
      }

      double left = counts - sum(discounts, ofNumbers);
      if (ngram.hasLowerShares()) {
        double byKept = left + sum(discounts, numbers[k]) * below;
        gradient[at + DISCOUNTS + buckets[k]] += weights[k + 1] * (below - byKept / totals[k]);
      }

      return passed[k] * below + kept[k] * left;
    }
  }
}
