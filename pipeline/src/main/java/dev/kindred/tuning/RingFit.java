/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.tuning;

import dev.kindred.prediction.Rings;
import dev.kindred.prediction.TokenFrequencies;
import dev.kindred.similarity.SimilarityBins;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * {@link Rings} that were chosen by how close they come to a model after windows that are none of
 * the prompts, without themselves as evidence.
 *
 * @param rings with numbers of three digits, which people can read and copy
 * @param fittingWindows that they were fitted to
 * @param heldOutWindows by which the fitting was stopped
 */
public record RingFit(Rings rings, int fittingWindows, int heldOutWindows) {
  /** The steps of gradient descent. */
  public static final int STEPS = RingFitter.STEPS;

  private static final int MOST_OF_A_BLOCK = 16;
  private static final int FEWEST_OF_A_BLOCK = 4;

  /** What is aimed at, as each ring of each block takes its time in each step. */
  private static final int OF_ALL_BLOCKS = 120;

  private static final double FEWEST_STRINGS = 1; // in a ring, on average
  private static final double MOST_STRINGS = 160_000;
  private static final int HELD_OUT = 5; // one of so many

  /**
   * Fits.
   *
   * @param prompts in the order of their ids, at least two
   * @param bins by which their evidence is kept
   * @param stepDone told of each of the {@link #STEPS}
   */
  public static RingFit of(
      List<PromptBins> prompts,
      SimilarityBins bins,
      TokenFrequencies frequencies,
      Runnable stepDone) {
    int[][] edges = edges(prompts, bins.count());
    List<RingCounts> fitted = new ArrayList<>();
    List<RingCounts> heldOut = new ArrayList<>();
    for (int i = 0; i < prompts.size(); i++) {
      (i % HELD_OUT == 0 ? heldOut : fitted).add(prompts.get(i).rings(edges, frequencies, false));
    }

    double[][] thresholds =
        Arrays.stream(edges)
            .map(ofBlock -> Arrays.stream(ofBlock).mapToDouble(bins::edge).toArray())
            .toArray(double[][]::new);
    Rings rings = new RingFitter(fitted, heldOut, stepDone).fit(thresholds).rings();
    return new RingFit(rings.rounded(), fitted.size(), heldOut.size());
  }

  /**
   * Chooses thresholds by how many strings a prompt has above them on average: numbers in a
   * geometric row, as far as bins have them.
   *
   * @return [B][R], bins, ascending
   */
  private static int[][] edges(List<PromptBins> prompts, int bins) {
    int[][] edges = new int[prompts.get(0).blocks()][];
    int rings =
        Math.max(FEWEST_OF_A_BLOCK, Math.min(MOST_OF_A_BLOCK, OF_ALL_BLOCKS / edges.length));
    for (int block = 0; block < edges.length; block++) {
      double[] strings = new double[bins];
      for (PromptBins prompt : prompts) {
        for (int bin = 0; bin < bins; bin++) {
          strings[bin] += (double) prompt.strings(block, bin) / prompts.size();
        }
      }

      edges[block] = edges(strings, rings);
    }

    return edges;
  }

  private static int[] edges(double[] strings, int rings) {
    double most = Math.min(MOST_STRINGS, strings[0]);
    double step = FEWEST_STRINGS / Math.max(most, FEWEST_STRINGS);
    return IntStream.range(0, rings)
        .mapToDouble(ring -> most * Math.pow(step, ring / (rings - 1.)))
        .mapToInt(wanted -> nearest(strings, wanted))
        .distinct()
        .sorted()
        .toArray();
  }

  /** The bin above whose edge the number of strings is nearest to one, by their logarithms. */
  private static int nearest(double[] strings, double wanted) {
    int best = 0;
    for (int bin = 1; bin < strings.length && strings[bin] > 0; bin++) {
      if (Math.abs(Math.log(strings[bin] / wanted)) < Math.abs(Math.log(strings[best] / wanted))) {
        best = bin;
      }
    }

    return best;
  }
}
