/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.math;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class TestTopTokens {
  @Test
  void agreesWithSortingThemAll() {
    Random random = new Random(1);
    for (int round = 0; round < 300; round++) {
      int n = random.nextInt(40);
      int k = 1 + random.nextInt(45);
      int[] tokens = random.ints(0, 1000).distinct().limit(n).toArray();
      // Few different values, so that many are equal.
      double[] values = random.ints(n, 0, 6).asDoubleStream().toArray();

      List<Integer> expected =
          IntStream.range(0, n)
              .boxed()
              .sorted(
                  Comparator.<Integer>comparingDouble(place -> -values[place])
                      .thenComparingInt(place -> tokens[place]))
              .limit(k)
              .toList();
      assertThat(TopTokens.places(tokens, values, k))
          .as("round %d: %d of %d", round, k, n)
          .containsExactly(expected.toArray(Integer[]::new));
    }
  }

  @Test
  void rejectsALengthThatIsNotPositive() {
    assertThatThrownBy(() -> TopTokens.places(new int[1], new double[1], 0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("Invalid k: 0 (must be positive)");
  }
}
