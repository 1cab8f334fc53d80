/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.baseline;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class TestRandomStrings {
  private static final int WINDOWS = 1000;

  /** Each window is followed by a token of its own. */
  private static final RandomStrings POOL = pool();

  private static RandomStrings pool() {
    int[][] tokens = new int[WINDOWS][];
    long[][] counts = new long[WINDOWS][];
    for (int i = 0; i < WINDOWS; i++) {
      tokens[i] = new int[] {i};
      counts[i] = new long[] {1 + i % 3};
    }

    return new RandomStrings(tokens, counts);
  }

  @Test
  void aDrawHasEveryWindowAtMostOnceWithAllItsCounts() {
    for (int prompt = 0; prompt < 200; prompt++) {
      for (int size : new int[] {0, 1, 63, 64, 65, 500, 999, 1000}) {
        long[] drawn = POOL.draw(prompt, 2, size);

        assertThat(Arrays.stream(drawn).filter(count -> count > 0).count()).isEqualTo(size);
        for (int token = 0; token < WINDOWS; token++) {
          assertThat(drawn[token]).isIn(0L, 1L + token % 3);
        }
      }
    }
  }

  @Test
  void totalsDoNotGrowWithTheVocabulary() {
    for (int vocabularySize : new int[] {65, 512, 50_257, 1_000_000}) {
      long totals = RandomStrings.POOL / RandomStrings.stride(RandomStrings.POOL, vocabularySize);
      assertThat(totals * vocabularySize * Long.BYTES).isBetween(1L, 64L << 20);
    }
  }

  @Test
  void drawsDoNotDependOnHowManyTotalsThereAre() {
    int[][] tokens = new int[WINDOWS][];
    long[][] counts = new long[WINDOWS][];
    for (int i = 0; i < WINDOWS; i++) {
      tokens[i] = new int[] {i};
      counts[i] = new long[] {1 + i % 3};
    }

    RandomStrings fewTotals = new RandomStrings(tokens, counts, WINDOWS);
    for (int prompt = 0; prompt < 5; prompt++) {
      assertThat(fewTotals.draw(prompt, 2, 500)).isEqualTo(POOL.draw(prompt, 2, 500));
    }
  }

  @Test
  void moreThanThereAreIsAllOfThem() {
    assertThat(POOL.draw(1, 1, Long.MAX_VALUE)).isEqualTo(POOL.draw(2, 2, WINDOWS));
  }

  @Test
  void theSamePromptAndBlockDrawTheSame() {
    assertThat(POOL.draw(7, 3, 20)).isEqualTo(pool().draw(7, 3, 20));
  }

  @Test
  void promptsAndBlocksDrawFromPlacesAllOver() {
    Set<Integer> drawn = new HashSet<>();
    for (int prompt = 0; prompt < 500; prompt++) {
      for (int block = 0; block < 6; block++) {
        long[] counts = POOL.draw(prompt, block, 1);
        for (int token = 0; token < WINDOWS; token++) {
          if (counts[token] > 0) {
            drawn.add(token);
          }
        }
      }
    }

    // Of 3,000 random draws, a share of 1 - 1/e^3 = .95.
    assertThat(drawn).hasSizeBetween(920, 975);
  }
}
