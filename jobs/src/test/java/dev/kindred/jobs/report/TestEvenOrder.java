/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TestEvenOrder {

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3, 7, 8, 1_000, 1_025})
  void everyPlaceIsInItOnce(int size) {
    assertThat(Arrays.stream(EvenOrder.of(size, 3)).sorted())
        .containsExactlyElementsOf(IntStream.range(0, size).boxed().toList());
  }

  @Test
  void extremesComeFirst() {
    assertThat(Arrays.stream(EvenOrder.of(100, 2)).limit(4)).containsExactly(0, 99, 1, 98);
  }

  @Test
  void aBeginningIsSpreadEvenly() {
    int[] first = Arrays.stream(EvenOrder.of(1_000, 0)).limit(100).sorted().toArray();

    for (int i = 1; i < first.length; i++) {
      assertThat(first[i] - first[i - 1]).isBetween(7, 16);
    }
  }
}
