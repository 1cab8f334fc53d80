/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.corpus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.withinPercentage;

import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class TestCorpusSketch {
  private static final int LENGTH = 4;

  @Test
  void fewWindowsAreCountedExactly() {
    // Windows: 1 2 1 2, 2 1 2 1, 1 2 1 2, 2 1 2 9.
    CorpusSketch sketch = CorpusSketch.of(new int[] {1, 2, 1, 2, 1, 2, 9}, 4, LENGTH);

    assertThat(sketch.prefixes()).containsExactly(2, 2, 2, 3);
    assertThat(sketch.windows()).isEqualTo(3);
    assertThat(sketch.error()).isZero();
    assertThat(sketch.sample())
        .containsExactlyInAnyOrder(
            new int[] {1, 2, 1, 2}, new int[] {2, 1, 2, 1}, new int[] {2, 1, 2, 9});
  }

  @Test
  void manyWindowsAreCountedWithinSomeStandardErrors() {
    int[] tokens = tokens(300_000);
    CorpusSketch sketch = CorpusSketch.of(tokens, tokens.length - LENGTH + 1, LENGTH);

    long[] expected = distinctPrefixes(tokens);
    assertThat(expected[LENGTH - 1]).isGreaterThan(50_000);
    for (int i = 0; i < LENGTH; i++) {
      assertThat(sketch.prefixes()[i])
          .isCloseTo(expected[i], withinPercentage(100 * 4 * sketch.error()));
    }
  }

  @Test
  void mergedSketchesAreThatOfTheWhole() {
    int[] tokens = tokens(50_000);
    int half = 20_000;
    CorpusSketch whole = CorpusSketch.of(tokens, tokens.length - LENGTH + 1, LENGTH);
    CorpusSketch first = CorpusSketch.of(Arrays.copyOf(tokens, half + LENGTH - 1), half, LENGTH);
    int[] rest = Arrays.copyOfRange(tokens, half, tokens.length);
    CorpusSketch merged = first.merge(CorpusSketch.of(rest, rest.length - LENGTH + 1, LENGTH));

    assertThat(merged.prefixes()).isEqualTo(whole.prefixes());
    assertThat(merged.sample()).usingRecursiveComparison().isEqualTo(whole.sample());
  }

  private static int[] tokens(int count) {
    Random random = new Random(1);
    return IntStream.range(0, count)
        .map(i -> (int) (40 * Math.pow(random.nextDouble(), 2)))
        .toArray();
  }

  private static long[] distinctPrefixes(int[] tokens) {
    long[] counts = new long[LENGTH];
    for (int length = 1; length <= LENGTH; length++) {
      Set<List<Integer>> distinct = new HashSet<>();
      for (int start = 0; start + LENGTH <= tokens.length; start++) {
        distinct.add(Arrays.stream(tokens, start, start + length).boxed().toList());
      }

      counts[length - 1] = distinct.size();
    }

    return counts;
  }
}
