/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.explanation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.kindred.prediction.BlockCounts;
import dev.kindred.prediction.Mixture;
import dev.kindred.prediction.NextTokenDistribution;
import dev.kindred.prediction.Rings;
import dev.kindred.prediction.Rule;
import dev.kindred.prediction.TokenFrequencies;
import dev.kindred.prediction.WeightedCounts;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class TestEffects {
  private static final long OWN = 5;
  private static final Map<Integer, Long> FOLLOWS_OWN = Map.of(1, 2L);
  private static final PromptFindings.FoundString ONE = string(7, .8f, Map.of(1, 3L));
  private static final PromptFindings.FoundString OTHER = string(8, .95f, Map.of(2, 1L));

  private static PromptFindings.FoundString string(
      long id, float similarity, Map<Integer, Long> following) {
    return new PromptFindings.FoundString(id, "", similarity, 1, following);
  }

  /** The model has token 1 first; the prompt itself is in the tightest ring. */
  private static PromptFindings findings(BlockCounts counts) {
    return new PromptFindings(
        0,
        "",
        new int[0],
        OWN,
        2,
        FOLLOWS_OWN,
        new NextTokenDistribution.Dense(new double[] {.1, .6, .3}),
        Map.of(),
        Map.of(),
        0,
        0,
        1,
        1,
        List.of(new PromptFindings.OfBlock(0, 3, counts, List.of(ONE, OTHER))));
  }

  @Test
  void aStringsEffectIsWhatTheOthersGiveLess() {
    Rule rule = new WeightedCounts(new double[] {.5}, Mixture.ofCounts(1));
    BlockCounts counts = new BlockCounts(List.of(Map.of(1, 5L, 2, 1L)), 0);
    Effects effects = new Effects(rule, null, findings(counts));

    // Without the prompt itself 3 of 4, and of what is left 0 of 1, or 3 of 3.
    assertThat(effects.of(0, ONE)).isEqualTo(.75);
    assertThat(effects.of(0, OTHER)).isEqualTo(-.25);
    assertThat(effects.of(0, string(OWN, 1, FOLLOWS_OWN))).isNull();
  }

  @Test
  void ofRingsAStringIsTakenOutOfItsOwn() {
    Rings rule = Rings.parse(".5/4/0/0,.9/4/1/0");
    TokenFrequencies frequencies = new TokenFrequencies(new long[] {11, 13, 11});
    BlockCounts counts =
        new BlockCounts(List.of(Map.of(1, 3L), Map.of(1, 2L, 2, 1L)), 1); // disjoint
    Effects effects = new Effects(rule, frequencies, findings(counts));

    // Less the prompt p_0 is 1/3 each. Of both, p_1 = (3 + 4/3) / 8, (1 + 4/3) / 8 of 1 and 2, and
    // p_2 = 4 p_1 / 5, (1 + 4 p_1) / 5: 13/6, 13/6. Without one p_1 = (0 + 4/3) / 5, (1 + 4/3) / 5:
    // token 1 follows no string any more. Without the other, 2 follows none.
    assertThat(effects.of(0, ONE)).isCloseTo(.5, within(1e-12));
    assertThat(effects.of(0, OTHER)).isCloseTo(-.5, within(1e-12));
  }
}
