/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.attribution;

import dev.kindred.math.SplitMix;
import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;

/** Prompts without some of their tokens. */
public final class Removal {
  private Removal() {}

  /**
   * Returns the objective after the first 0, 1, .. positions of an order have been taken away, all
   * at once: if scores are right, it falls faster in their order than in others.
   *
   * @param replacement a {@linkplain Replacement#isSingle single} one
   * @param order some of the positions, each once
   * @return one more than the order has; as many where all would be left out
   */
  public static double[] curve(
      AttributedPrediction prediction, Replacement replacement, int[] order) {
    boolean isEmptyAtEnd =
        replacement instanceof Replacement.Delete && order.length == prediction.length();
    int[][] taken = new int[order.length + (isEmptyAtEnd ? 0 : 1)][];
    Arrays.setAll(taken, k -> Arrays.copyOf(order, k));
    return Arrays.stream(logits(prediction, replacement, taken))
        .mapToDouble(prediction.objective()::of)
        .toArray();
  }

  /** Returns positions by descending scores; of equal ones the lower comes first. */
  public static int[] descending(double[] scores) {
    return IntStream.range(0, scores.length)
        .boxed()
        .sorted(Comparator.comparingDouble(t -> -scores[t])) // a stable sort
        .mapToInt(Integer::intValue)
        .toArray();
  }

  /** Returns positions in an order by chance. */
  public static int[] random(int length, long seed) {
    int[] order = IntStream.range(0, length).toArray();
    for (int i = length - 1; i > 0; i--) {
      int other = (int) Long.remainderUnsigned(SplitMix.mix(seed * length + i), i + 1L);
      int kept = order[i];
      order[i] = order[other];
      order[other] = kept;
    }

    return order;
  }

  /**
   * The logits without some tokens.
   *
   * @param taken positions, for each of B prompts
   * @return B x V
   */
  static float[][] logits(AttributedPrediction prediction, Replacement replacement, int[][] taken) {
    if (!replacement.isSingle()) {
      throw new IllegalArgumentException("Invalid replacement: one of a single thing is needed");
    }

    if (replacement instanceof Replacement.Row row) {
      float[][] rows = new float[taken.length][];
      for (int i = 0; i < rows.length; i++) {
        rows[i] = prediction.rows().clone();
        for (int t : taken[i]) {
          System.arraycopy(
              row.values(), 0, rows[i], t * prediction.dimension(), prediction.dimension());
        }
      }

      return prediction.logitsOfRows(rows);
    }

    if (replacement instanceof Replacement.Tokens token) {
      int[][] sequences = new int[taken.length][];
      for (int i = 0; i < sequences.length; i++) {
        sequences[i] = prediction.tokenIds().clone();
        for (int t : taken[i]) {
          sequences[i][t] = token.ids()[0];
        }
      }

      return prediction.logitsOfTokens(sequences);
    }

    float[][] logits = new float[taken.length][];
    for (int i = 0; i < logits.length; i++) {
      logits[i] = prediction.logitsOfTokens(new int[][] {without(prediction, taken[i])})[0];
    }

    return logits;
  }

  private static int[] without(AttributedPrediction prediction, int[] taken) {
    int[] left =
        IntStream.range(0, prediction.length())
            .filter(t -> Arrays.stream(taken).noneMatch(other -> other == t))
            .map(t -> prediction.tokenIds()[t])
            .toArray();
    if (left.length == 0) {
      throw new IllegalArgumentException("Invalid prompt: no token would be left of it");
    }

    return left;
  }
}
