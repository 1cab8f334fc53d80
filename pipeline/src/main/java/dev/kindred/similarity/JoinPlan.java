/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.similarity;

import java.io.Serializable;

/**
 * How a block is joined.
 *
 * @param axes the long prefix's axes; null for brute force
 * @param shortAxes axes of the short prefix; 0 for brute force
 * @param survivors share of a sample's pairs that the short prefix leaves open, in [0, 1]
 */
record JoinPlan(PrincipalAxes axes, int shortAxes, double survivors) implements Serializable {

  static JoinPlan bruteForce() {
    return new JoinPlan(null, 0, 1);
  }

  boolean isBruteForce() {
    return shortAxes == 0;
  }

  PairJoin open(
      TileKernel kernel,
      PromptVectors prompts,
      EvidenceTable evidence,
      PairCheck check,
      SettledPairs settled,
      double threshold) {
    return isBruteForce()
        ? new TileJoin(kernel, prompts, check, settled)
        : new PrefixJoin(kernel, prompts, axes, shortAxes, evidence, check, settled, threshold);
  }

  @Override
  public String toString() {
    return isBruteForce()
        ? "brute force"
        : "prefixes of "
            + shortAxes
            + " and "
            + axes.count()
            + String.format(
                " axes (the first leaves %.2f %% of a sample's pairs)", 100 * survivors);
  }
}
