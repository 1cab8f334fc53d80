/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.causal;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.BitSet;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class TestTextUnits {
  private static final String TEXT = "ab\n\ncd\ne\n\n\n\nfgh\n\nij and what is validated\n\nk";
  private static final int TRAIN = TEXT.indexOf(" and");

  private static TextUnits units(int most) {
    return TextUnits.of(TEXT.chars().toArray(), TRAIN, most, token -> String.valueOf((char) token));
  }

  private static String text(TextUnits units, int unit) {
    return TEXT.substring(units.start(unit), units.end(unit));
  }

  @Test
  void unitsEndWithTheirBlankLines() {
    TextUnits units = units(100);

    assertThat(IntStream.range(0, units.size()).mapToObj(unit -> text(units, unit)))
        .containsExactly("ab\n\n", "cd\ne\n\n\n\n", "fgh\n\n", "ij");
  }

  @Test
  void neighboursGoTogetherWhereThereWouldBeTooMany() {
    TextUnits units = units(2);

    assertThat(IntStream.range(0, units.size()).mapToObj(unit -> text(units, unit)))
        .containsExactly("ab\n\ncd\ne\n\n\n\n", "fgh\n\nij");
  }

  @Test
  void tokensOfSeveralCharactersMayEndAUnit() {
    String[] texts = {"a.\n", "\nB", "c\n\n", "D"};
    TextUnits units = TextUnits.of(new int[] {0, 1, 2, 3}, 4, 4, token -> texts[token]);

    assertThat(units.size()).isEqualTo(2);
    assertThat(units.start(1)).as("a token with the blank line in it opens none").isEqualTo(3);
  }

  @Test
  void everyPlaceIsInItsUnit() {
    TextUnits units = units(100);
    for (int place = 0; place < TRAIN; place++) {
      assertThat(place).isBetween(units.start(units.of(place)), units.end(units.of(place)) - 1);
    }
  }

  @Test
  void aHalfAndTheOtherPlacesMakeUpTheText() {
    TextUnits units = units(100);
    BitSet half = units.half(3, 1);
    BitSet others = units.others(half);

    assertThat(half.cardinality()).isEqualTo(2);
    for (int place = 0; place < TRAIN; place++) {
      assertThat(others.get(place)).isNotEqualTo(half.get(units.of(place)));
    }

    assertThat(others.length()).isLessThanOrEqualTo(TRAIN);
    assertThat(IntStream.range(0, 20).mapToObj(number -> units.half(number, 1)).distinct().count())
        .isGreaterThan(3);
  }
}
