/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.report;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kindred.explanation.BlockExplanation;
import dev.kindred.explanation.Distance;
import dev.kindred.explanation.Explanation;
import dev.kindred.explanation.NextToken;
import dev.kindred.explanation.SimilarString;
import java.util.List;
import org.junit.jupiter.api.Test;

class TestReasons {
  private static final NextToken AGREED = new NextToken("e", .5, .5, .5);

  private static List<String> reasons(
      double hellinger, Double leaveOneOut, List<NextToken> tokens, BlockExplanation... blocks) {
    return Reasons.of(
        new Explanation(
            0,
            "prompt",
            new int[] {5},
            1,
            tokens,
            null,
            new Distance(hellinger, null),
            leaveOneOut == null ? null : new Distance(leaveOneOut, null),
            List.of(blocks)));
  }

  private static BlockExplanation block(
      int block, long similar, double share, double hellinger, String... strings) {
    return new BlockExplanation(
        block,
        .5,
        1,
        similar,
        share,
        hellinger,
        List.of(),
        List.of(),
        List.of(strings).stream()
            .map(text -> new SimilarString(0, text, "", 1, null, 1, List.of(), List.of()))
            .toList());
  }

  @Test
  void aPromptThatIsExplainedWellNeedsNone() {
    assertThat(reasons(.1, .11, List.of(AGREED), block(0, 500, 1, .1))).isEmpty();
  }

  @Test
  void noStringsAreTheOnlyReason() {
    assertThat(reasons(1, null, List.of(new NextToken("e", 1, 0, null)), block(0, 0, 0, 1)))
        .containsExactly("No string of the corpus is similar enough in any block.");
  }

  @Test
  void fewStringsAreCounted() {
    assertThat(reasons(.1, null, List.of(AGREED), block(0, 40, .5, .1), block(1, 59, .5, .1)))
        .containsExactly("Only 99 similar strings in all blocks together.");
  }

  @Test
  void aPromptAloneIsSaidToBe() {
    assertThat(reasons(.1, 1., List.of(AGREED), block(0, 1, 1, .1, "prompt"), block(1, 0, 0, 1)))
        .containsExactly("The only similar string is the prompt itself.");
  }

  private static BlockExplanation block(
      int block, long similar, double share, double hellinger, List<Double> shares) {
    return new BlockExplanation(
        block, .5, 1, similar, share, hellinger, shares, List.of(), List.of());
  }

  @Test
  void tokensOfVeryDifferentProbabilityAreSoughtInTheBlocks() {
    assertThat(
            reasons(
                .5,
                null,
                List.of(new NextToken(" ", .75, .1, null), new NextToken("\n", .2, .45, null)),
                block(0, 500, .9, .5, List.of(.05, .45)),
                block(1, 700, .1, .45, List.of(.55, .45))))
        .containsExactly(
            "Of all blocks, block 1 gives “·” most, 55.0%, and is 10.0% of the result.",
            "“⏎” is above all from block 0, with 90.0% of the result: there it is 45.0% of what"
                + " follows 500 similar strings.");
  }

  @Test
  void aTokenThatFollowsNoSimilarStringIsSaidToFollowNone() {
    assertThat(
            reasons(
                .5,
                null,
                List.of(new NextToken("a", .75, 0, null)),
                block(0, 500, 1, .5, List.of(0.))))
        .containsExactly("No similar string is followed by “a”, which the model expects.");
  }

  @Test
  void theBlockThatKeepsACloserOneFromCountingIsNamed() {
    assertThat(
            reasons(
                .4,
                null,
                List.of(AGREED),
                block(0, 500, .1, .2),
                block(1, 500, .5, .2),
                block(2, 500, .4, .6)))
        .containsExactly(
            "The blocks disagree: block 1 alone is at 0.2000, block 2, with 40.0% of the result,"
                + " at 0.6000.");
  }

  @Test
  void whatThePromptItselfGivesIsSaid() {
    assertThat(reasons(.1, .35, List.of(AGREED), block(0, 500, 1, .1)))
        .containsExactly(
            "The prompt itself is much of its evidence: without it the distance is 0.3500.");
  }
}
