/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.corpus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.withinPercentage;

import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TestDistinctCount {
  @ParameterizedTest(name = "{0} tokens of {1}")
  @CsvSource({"400, 2", "3000, 3", "100000, 5", "200000, 50"})
  void distinctWindowsAreCountedHoweverTheyAreDividedAmongTasks(int length, int vocabulary) {
    Random random = new Random(vocabulary);
    int[] tokens = IntStream.range(0, length).map(i -> random.nextInt(vocabulary)).toArray();
    int windowLength = 4;
    int starts = length - windowLength + 1;
    Set<List<Integer>> distinct = new HashSet<>();
    DistinctCount whole = new DistinctCount();
    DistinctCount parts = new DistinctCount();
    whole.add(tokens, starts, windowLength);
    for (int start = 0; start < starts; start++) {
      distinct.add(IntStream.range(start, start + windowLength).mapToObj(i -> tokens[i]).toList());
      if (start % 1000 == 0) {
        int[] rest = IntStream.range(start, length).map(i -> tokens[i]).toArray();
        DistinctCount part = new DistinctCount();
        part.add(rest, Math.min(1000, starts - start), windowLength);
        parts.add(part);
      }
    }

    assertThat(parts.windows()).isEqualTo(whole.windows());
    assertThat(whole.windows())
        .isCloseTo(distinct.size(), withinPercentage(distinct.size() < 512 ? 0 : 15));
  }
}
