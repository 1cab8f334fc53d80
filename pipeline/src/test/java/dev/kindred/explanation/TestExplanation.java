/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.explanation;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class TestExplanation {
  @Test
  void theBlockWithTheGreatestShareIsCalledByItsNumberWhereSomeBlocksAreChosen() {
    assertThat(ofBlocks(block(3, .2), block(11, .5), block(23, .3)).greatestShare()).isEqualTo(11);
    assertThat(ofBlocks(block(3, .6), block(11, .4)).greatestShare()).isEqualTo(3);
    assertThat(ofBlocks(block(3, .5), block(11, .5)).greatestShare()).isEqualTo(3);
  }

  private static Explanation ofBlocks(BlockExplanation... blocks) {
    return new Explanation(0, "", new int[0], 0, List.of(), null, null, null, List.of(blocks));
  }

  private static BlockExplanation block(int number, double share) {
    return new BlockExplanation(number, .9, 1, 5, share, .1, List.of(), List.of(), List.of());
  }
}
