/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.alignment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class TestChance {
  private static final int VOCABULARY = 65;

  @Test
  void theClosedFormCountsTheSetsOfTokens() {
    for (int vocabulary = 2; vocabulary <= 11; vocabulary++) {
      int firstHalf = (1 << vocabulary / 2) - 1;
      for (int considered = 1; considered <= vocabulary; considered++) {
        int size = considered;
        long sets =
            IntStream.range(0, 1 << vocabulary)
                .filter(set -> Integer.bitCount(set) == size)
                .count();
        long within =
            IntStream.range(0, 1 << vocabulary)
                .filter(set -> Integer.bitCount(set) == size && (set & ~firstHalf) == 0)
                .count();

        assertThat(Chance.closedForm(vocabulary, considered))
            .as("%d of %d", considered, vocabulary)
            .isCloseTo((double) within / sets, within(1e-15));
      }
    }
  }

  @Test
  void moreTokensThanTheFirstHalfHoldsHaveNoChance() {
    assertThat(Chance.closedForm(VOCABULARY, 32)).isPositive();
    assertThat(Chance.closedForm(VOCABULARY, 33)).isZero();
  }

  @Test
  void aFewOfTheStudysTokensHaveTheChanceThatItsTrialsFound() {
    double[] found = {.5004, .2418, .1092, .0514, .0251};
    double[] deviations = {.0178, .0119, .0073, .0070, .0043};
    for (int i = 0; i < found.length; i++) {
      assertThat(Chance.closedForm(VOCABULARY, i + 1))
          .isCloseTo(found[i], within(2 * deviations[i]));
    }
  }

  @Test
  void promptsCountAlike() {
    assertThat(Chance.closedForm(VOCABULARY, new TreeMap<>(Map.of(1, 3L, 2, 1L))))
        .isCloseTo(.75 * 32 / 65 + .25 * 32 * 31 / (65 * 64), within(1e-15));
  }

  @Test
  void theSimulationAgreesWithTheClosedForm() {
    SortedMap<Integer, Long> prompts =
        new TreeMap<>(Map.of(1, 400L, 2, 250L, 3, 130L, 5, 90L, 12, 40L, 40, 3L));

    for (int stream = 0; stream < 6; stream++) {
      Chance.Simulated simulated = Chance.simulate(VOCABULARY, prompts, stream);

      assertThat(simulated.mean())
          .isCloseTo(Chance.closedForm(VOCABULARY, prompts), within(4 * simulated.error()));
    }
  }

  @Test
  void simulationsScatterByTheirError() {
    SortedMap<Integer, Long> prompts = new TreeMap<>(Map.of(1, 60L, 2, 30L, 4, 10L));
    int streams = 60;
    double squares = 0;
    for (int stream = 0; stream < streams; stream++) {
      double off =
          Chance.simulate(VOCABULARY, prompts, stream).mean()
              - Chance.closedForm(VOCABULARY, prompts);
      squares += off * off;
    }

    double error = Chance.simulate(VOCABULARY, prompts, 0).error();
    assertThat(Math.sqrt(squares / streams)).isBetween(.7 * error, 1.4 * error);
  }

  @Test
  void itsDeviationIsThatOfPromptsThatSucceedByThemselves() {
    SortedMap<Integer, Long> prompts = new TreeMap<>(Map.of(1, 100L));
    Chance.Simulated simulated = Chance.simulate(VOCABULARY, prompts, 0);

    assertThat(simulated.std()).isCloseTo(.05, within(.005));
  }

  @Test
  void theSameSimulationGivesTheSame() {
    SortedMap<Integer, Long> prompts = new TreeMap<>(Map.of(1, 20L, 3, 5L));

    assertThat(Chance.simulate(VOCABULARY, prompts, 4))
        .isEqualTo(Chance.simulate(VOCABULARY, prompts, 4))
        .isNotEqualTo(Chance.simulate(VOCABULARY, prompts, 5));
  }

  @Test
  void aLargeVocabularyTakesNoMoreDraws() {
    int vocabulary = Integer.MAX_VALUE;
    SortedMap<Integer, Long> prompts = new TreeMap<>(Map.of(1, 500L, 2, 500L));
    Chance.Simulated simulated = Chance.simulate(vocabulary, prompts, 0);

    assertThat(simulated.mean())
        .isCloseTo(Chance.closedForm(vocabulary, prompts), within(4 * simulated.error()));
  }
}
