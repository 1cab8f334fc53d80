/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.causal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.kindred.explanation.WholeEvidence;
import dev.kindred.prediction.BlockCounts;
import dev.kindred.prediction.Mixture;
import dev.kindred.prediction.WeightedCounts;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class TestOccurrenceShares {
  private static final int TOKEN = 7;

  /** Blocks that weigh 1 and 3: each share is the mean of counts, by these weights. */
  private static final WeightedCounts RULE =
      new WeightedCounts(
          new double[] {.5, .6}, new Mixture(new double[] {1, 3}, Double.POSITIVE_INFINITY));

  private static OccurrenceShares shares() {
    WholeEvidence.OfBlock first =
        new WholeEvidence.OfBlock(
            BlockCounts.of(Map.of(TOKEN, 3L, 8, 1L)), new int[] {0, 1}, new double[] {.7, .8});
    WholeEvidence.OfBlock second =
        new WholeEvidence.OfBlock(
            BlockCounts.of(Map.of(TOKEN, 2L, 9, 2L)), new int[] {1, 2}, new double[] {.9, .65});
    return new OccurrenceShares(
        RULE, null, new WholeEvidence(null, List.of(first, second)), 4, TOKEN);
  }

  /** The rule by hand: all counts of both blocks, each times its block's weight. */
  private static double probability(double first, double firstAll, double second, double all) {
    return (first + 3 * second) / (firstAll + 3 * all);
  }

  @Test
  void anOccurrenceAddsWhatIsLackingWithoutIt() {
    double whole = probability(3, 4, 2, 4);

    assertThat(shares().of(0, 0, TOKEN))
        .isCloseTo(whole - probability(2, 3, 2, 4), within(1e-12))
        .isPositive();
    assertThat(shares().of(1, 2, TOKEN)).isCloseTo(whole - probability(3, 4, 1, 3), within(1e-12));
  }

  @Test
  void anOccurrenceOfAnotherTokenTakesAway() {
    assertThat(shares().of(0, 0, 8))
        .isCloseTo(probability(3, 4, 2, 4) - probability(3, 3, 2, 4), within(1e-12))
        .isNegative();
  }

  @Test
  void whatIsEvidenceInSeveralBlocksAddsTheSum() {
    OccurrenceShares shares = shares();

    assertThat(shares.of(1, TOKEN)).isEqualTo(shares.of(0, 1, TOKEN) + shares.of(1, 1, TOKEN));
    assertThat(shares.similarity(1)).isCloseTo(1.7, within(1e-6));
  }

  @Test
  void whatIsNoEvidenceAddsNothing() {
    assertThat(shares().of(3, TOKEN)).isZero();
    assertThat(shares().of(0, 2, TOKEN)).isZero();
  }
}
