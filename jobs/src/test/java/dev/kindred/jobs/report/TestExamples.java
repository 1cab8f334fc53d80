/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.report;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kindred.explanation.Following;
import dev.kindred.explanation.TokenCount;
import dev.kindred.jobs.report.Examples.Candidate;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class TestExamples {

  private static Candidate prompt(int id, int last, double distance, Following following) {
    return new Candidate(id, last, distance, .5, .5, 1, 10, following);
  }

  private static Following following(boolean modelIsRight, boolean stringsAreRight) {
    return new Following(List.of(new TokenCount("e", 1, 1)), modelIsRight, stringsAreRight);
  }

  @Test
  void everyKindIsShownOnceBeforeAnyIsShownTwice() {
    List<Candidate> prompts =
        List.of(
            prompt(0, 1, .1, following(true, true)),
            prompt(1, 1, .2, following(true, true)),
            prompt(2, 1, .3, following(true, false)),
            prompt(3, 1, .4, following(false, true)),
            prompt(4, 1, .5, following(false, false)));

    assertThat(Examples.choose(prompts, 4))
        .isEqualTo(
            Map.of(
                "Sure and right", List.of(0),
                "The model is right, the other strings are not", List.of(2),
                "The other strings are right, the model is not", List.of(3),
                "Neither is right", List.of(4)));
  }

  @Test
  void examplesOfOneKindEndDifferentlyAsLongAsTheyCan() {
    List<Candidate> prompts =
        List.of(prompt(0, 7, .9, null), prompt(1, 7, .8, null), prompt(2, 8, .1, null));

    Map<String, List<Integer>> chosen =
        Examples.choose(
            prompts.stream()
                .map(
                    one ->
                        new Candidate(
                            one.promptId(), one.lastToken(), one.distance(), 0, 0, 0, 0, null))
                .toList(),
            2);

    assertThat(chosen)
        .isEqualTo(Map.of("Worst explained", List.of(0), "Best explained", List.of(2)));
  }

  @Test
  void fewPromptsAreShownOnceEach() {
    List<Candidate> prompts = List.of(prompt(3, 1, .1, null), prompt(5, 1, .2, null));

    assertThat(Examples.choose(prompts, 12).values().stream().flatMap(List::stream))
        .containsExactlyInAnyOrder(3, 5);
    assertThat(Examples.choose(List.of(), 12)).isEmpty();
  }
}
