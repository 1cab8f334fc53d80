/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.circuit;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

/** Which tokens are ranked, and that tables of other ones have another name. */
class TestCircuitQuestion {
  private static CircuitQuestion question(int... ranked) {
    return new CircuitQuestion(List.of(TokenBasis.EMBEDDING), List.of(0), ranked, 400, 1);
  }

  @Test
  void theMostFrequentTokensAreInOrderAndTheFirstOfEquals() {
    long[] counts = {0, 3, 9, 1, 3, 3, 4};
    assertThat(CircuitQuestion.mostFrequent(counts, 4)).containsExactly(1, 2, 4, 6);
    assertThat(CircuitQuestion.mostFrequent(counts, 0)).isEmpty();
    assertThat(CircuitQuestion.mostFrequent(counts, 7)).containsExactly(0, 1, 2, 3, 4, 5, 6);
  }

  @Test
  void theKeyTellsRankedTokens() {
    assertThat(question(0, 1).key())
        .isEqualTo(question(CircuitQuestion.firstTokens(2)).key())
        .isNotEqualTo(question(0, 2).key())
        .isEqualTo(question(0, 2).ofTokens(new int[] {0, 1}).key());
  }
}
