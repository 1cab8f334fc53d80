/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.similarity;

import dev.kindred.kernel.TileKernel;
import dev.kindred.math.Cosine;
import java.util.Arrays;

/**
 * Decides pairs one by one, so that every join and every kernel comes to the same ones: by a float
 * similarity where it is clear of the threshold by more than its error, else by {@link Cosine}.
 */
final class PairCheck {
  // Products of norms for which a float dot product of the unscaled vectors keeps its error bound:
  // no product overflows, and none that underflows matters.
  private static final double LEAST_NORMS = 1e-30;
  private static final double GREATEST_NORMS = 1e30;

  private final TileKernel kernel;
  private final PromptVectors prompts;
  private final EvidenceTable evidence;
  private final SettledPairs settled;
  private final SimilarityBins bins;
  private final double error;
  private final float surelyBelow;
  private final double[] wideOfPrompt;
  private final double[] wideOfWindow;
  private final int[] foundWindows = new int[WindowBatch.CAPACITY];
  private final int[] foundBins = new int[WindowBatch.CAPACITY];
  private final long[] mostSimilar = new long[WindowBatch.CAPACITY]; // sortable
  private int widePrompt = -1; // whose vector is in wideOfPrompt

  /**
   * @param bins pairs strictly above their floor are evidence
   */
  PairCheck(
      TileKernel kernel,
      PromptVectors prompts,
      EvidenceTable evidence,
      SettledPairs settled,
      SimilarityBins bins) {
    this.kernel = kernel;
    this.prompts = prompts;
    this.evidence = evidence;
    this.settled = settled;
    this.bins = bins;
    this.error = Cosine.kernelError(prompts.dimension());
    this.wideOfPrompt = new double[prompts.dimension()];
    this.wideOfWindow = new double[prompts.dimension()];
    this.surelyBelow = Math.nextDown((float) (bins.floor() - error));
  }

  /** Float similarities up to this need no check: they are below the floor. */
  float surelyBelow() {
    return surelyBelow;
  }

  /**
   * Decides a prompt's pairs: all that are above the floor are counted, then those that could be
   * among the most similar are offered, the most similar first, so that few are in vain.
   *
   * @param candidates with similarities as of {@link #similarity}
   */
  void decide(WindowBatch windows, int prompt, Candidates candidates, int column) {
    double least = evidence.leastKept(prompt);
    int found = 0;
    int best = 0;
    for (int i = 0; i < candidates.size(column); i++) {
      int window = candidates.window(column, i);
      float similarity = candidates.value(column, i);
      int bin = bins.settle(similarity, error);
      if (bin == SimilarityBins.OPEN) {
        settled.byDouble++;
        bin = bins.of(exact(windows, window, prompt));
      } else {
        settled.byFloat++;
      }

      if (bin != SimilarityBins.BELOW) {
        foundWindows[found] = window;
        foundBins[found] = bin;
        found++;
        if (similarity + error >= least) {
          mostSimilar[best++] = sortable(similarity) | window;
        }
      }
    }

    evidence.count(prompt, windows, foundWindows, foundBins, found);
    keepBest(windows, prompt, best);
  }

  /** Ascending by similarity, above an index of 32 bits. */
  private static long sortable(float similarity) {
    int bits = Float.floatToIntBits(similarity);
    return (long) (bits ^ bits >> 31 & Integer.MAX_VALUE) << 32;
  }

  private static float similarity(long sortable) {
    int bits = (int) (sortable >> 32);
    return Float.intBitsToFloat(bits ^ bits >> 31 & Integer.MAX_VALUE);
  }

  private void keepBest(WindowBatch windows, int prompt, int count) {
    Arrays.sort(mostSimilar, 0, count);
    for (int i = count - 1; i >= 0; i--) {
      if (similarity(mostSimilar[i]) + error < evidence.leastKept(prompt)) {
        return;
      }

      int window = (int) mostSimilar[i];
      evidence.keep(prompt, windows.windowId(window), exact(windows, window, prompt));
    }
  }

  /** A pair's similarity, off by at most {@link Cosine#kernelError}, also once it is a float. */
  double similarity(WindowBatch windows, int window, int prompt) {
    int dimension = prompts.dimension();
    double norms = prompts.norm(prompt) * windows.norm(window);
    if (norms < LEAST_NORMS || norms > GREATEST_NORMS) {
      return exact(windows, window, prompt);
    }

    float dot =
        kernel.dot(
            windows.vectors(),
            window * dimension,
            prompts.vectors(),
            prompt * dimension,
            dimension);
    return Cosine.similarity(dot, norms);
  }

  /**
   * Decides a pair.
   *
   * @param similarity in float precision: off by at most {@link Cosine#kernelError}
   */
  void decide(WindowBatch windows, int window, int prompt, double similarity) {
    int bin = bins.settle(similarity, error);
    double atMost = similarity + error;
    if (bin == SimilarityBins.OPEN) {
      settled.byDouble++;
      atMost = exact(windows, window, prompt);
      bin = bins.of(atMost);
    } else {
      settled.byFloat++;
    }

    if (bin != SimilarityBins.BELOW) {
      evidence.count(prompt, windows, window, bin);
      if (atMost >= evidence.leastKept(prompt)) {
        evidence.keep(prompt, windows.windowId(window), exact(windows, window, prompt));
      }
    }
  }

  /** Widens both vectors here: twice the bytes would take longer to fetch than to make. */
  private double exact(WindowBatch windows, int window, int prompt) {
    int dimension = prompts.dimension();
    if (prompt != widePrompt) {
      Cosine.widen(prompts.vectors(), prompt * dimension, dimension, wideOfPrompt, 0);
      widePrompt = prompt;
    }

    Cosine.widen(windows.vectors(), window * dimension, dimension, wideOfWindow, 0);
    return Cosine.similarity(
        kernel.exactDot(wideOfPrompt, 0, wideOfWindow, 0, dimension),
        prompts.norm(prompt) * windows.norm(window));
  }
}
