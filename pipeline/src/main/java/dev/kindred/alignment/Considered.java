/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.alignment;

import dev.kindred.math.TopTokens;
import java.util.Arrays;

/** The tokens that a block's own approximation is mostly about. */
final class Considered {
  private Considered() {}

  /**
   * The most probable tokens up to the one with which their probabilities sum to more than .9. The
   * study took them from a list that it had cut in the same way at .99, which makes no difference.
   *
   * <p>The sums are compared exactly, in counts: .9 itself is not more than .9. The study's, in
   * single precision, could fall on either side there. Of tokens with equal counts the lowest id
   * comes first.
   *
   * @param tokens token ids, each at most once, in any order
   * @param counts one a token, not all 0
   * @return token ids, at least one, the most probable first
   */
  static int[] of(int[] tokens, long[] counts) {
    double[] values = Arrays.stream(counts).asDoubleStream().toArray();
    int[] places = TopTokens.places(tokens, values, tokens.length);
    long total = Arrays.stream(counts).sum();
    long covered = 0;
    int n = 0;
    while (10 * covered <= 9 * total) {
      covered += counts[places[n]];
      n++;
    }

    int[] considered = new int[n];
    for (int i = 0; i < n; i++) {
      considered[i] = tokens[places[i]];
    }

    return considered;
  }
}
