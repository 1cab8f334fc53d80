/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.causal;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.BitSet;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class TestBlankedText {
  /** Every token is its own place. */
  private static final int[] TOKENS = IntStream.range(0, 1_000).toArray();

  private static BitSet places(int... places) {
    BitSet set = new BitSet();
    IntStream.of(places).forEach(set::set);
    return set;
  }

  @Test
  void theTokensBeforeAPlaceAreOthersOfTheTrainingTextAndDoNotCount() {
    BlankedText text = BlankedText.of(TOKENS, places(500, 2), 4, 900);

    assertThat(text.leftOut()).isEqualTo(places(0, 1, 2, 496, 497, 498, 499, 500));
    for (int place = 0; place < TOKENS.length; place++) {
      if (place >= 496 && place < 500 || place < 2) {
        assertThat(text.tokens()[place]).isNotEqualTo(place).isLessThan(900);
      } else {
        assertThat(text.tokens()[place]).isEqualTo(place);
      }
    }
  }

  @Test
  void withoutALengthTheTextStaysAsItIs() {
    assertThat(BlankedText.of(TOKENS, places(500), 0, 900).tokens()).isSameAs(TOKENS);
  }

  @Test
  void theSameTokensAreDrawnWhateverElseIsBlanked() {
    int[] one = BlankedText.of(TOKENS, places(500), 4, 900).tokens();
    int[] both = BlankedText.of(TOKENS, places(500, 600), 4, 900).tokens();

    assertThat(IntStream.range(496, 500)).allMatch(place -> one[place] == both[place]);
  }
}
