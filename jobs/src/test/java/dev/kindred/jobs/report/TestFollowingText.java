/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.report;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kindred.explanation.Distance;
import dev.kindred.explanation.Explanation;
import dev.kindred.explanation.Following;
import dev.kindred.explanation.TokenCount;
import java.util.List;
import org.junit.jupiter.api.Test;

class TestFollowingText {
  private static final TokenCount E = new TokenCount("e", 3, .75);
  private static final TokenCount SPACE = new TokenCount(" ", 1, .25);

  private static String sentence(Following following) {
    return FollowingText.of(
        new Explanation(
            0,
            "l",
            new int[] {5},
            1,
            List.of(),
            following,
            new Distance(0, null),
            null,
            List.of()));
  }

  @Test
  void nothingIsSaidOfPromptsThatNothingIsKnownToFollow() {
    assertThat(sentence(null)).isEmpty();
  }

  @Test
  void theOneTokenThatFollowsIsNamed() {
    assertThat(sentence(new Following(List.of(SPACE), true, true)))
        .isEqualTo("In the corpus “·” follows: the model and the other similar strings are right.");
  }

  @Test
  void ofSeveralTokensTheMostFrequentIsNamed() {
    assertThat(sentence(new Following(List.of(E, SPACE), true, false)))
        .isEqualTo(
            "In the corpus “e” follows most often (75.0% of the time): the model is right, the other"
                + " similar strings are not.");
  }

  @Test
  void theStringsCanBeRightWhereTheModelIsNot() {
    assertThat(sentence(new Following(List.of(E), false, true)))
        .endsWith("follows: the other similar strings are right, the model is not.");
  }

  @Test
  void nobodyMayBeRight() {
    assertThat(sentence(new Following(List.of(E), false, false)))
        .endsWith("follows: neither the model nor the other similar strings are right.");
  }
}
