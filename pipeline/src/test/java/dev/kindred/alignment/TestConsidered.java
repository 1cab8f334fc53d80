/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.alignment;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class TestConsidered {
  private static final BigDecimal MOST = new BigDecimal(".90");
  private static final BigDecimal CUT = new BigDecimal(".99");

  @Test
  void aTokenAloneIsConsidered() {
    assertThat(Considered.of(new int[] {7}, new long[] {3})).containsExactly(7);
  }

  @Test
  void tokensAreTakenUntilTheyHaveMoreThanNineTenths() {
    int[] tokens = {4, 9, 2, 5};
    assertThat(Considered.of(tokens, new long[] {5, 80, 11, 4})).containsExactly(9, 2);
    assertThat(Considered.of(tokens, new long[] {5, 91, 1, 3})).containsExactly(9);
  }

  @Test
  void nineTenthsAreNotMore() {
    assertThat(Considered.of(new int[] {1, 2}, new long[] {9, 1})).containsExactly(1, 2);
    assertThat(Considered.of(new int[] {1, 2, 3}, new long[] {8, 1, 1})).containsExactly(1, 2, 3);
    assertThat(Considered.of(new int[] {1, 2, 3}, new long[] {3, 3, 4})).containsExactly(3, 1, 2);
  }

  @Test
  void ofEqualCountsTheLowestTokenComesFirst() {
    assertThat(Considered.of(new int[] {8, 9, 2, 5}, new long[] {90, 4, 4, 2}))
        .containsExactly(8, 2);
  }

  @Test
  void theyAreTheStudysWithoutItsRounding() {
    Random random = new Random(5);
    for (int example = 0; example < 500; example++) {
      int size = 1 + random.nextInt(30);
      int[] tokens = IntStream.range(0, size).toArray();
      double spread = random.nextDouble() * 5;
      long[] counts =
          IntStream.range(0, size)
              .mapToLong(i -> 1 + (long) Math.exp(spread * random.nextGaussian()))
              .toArray();

      assertThat(Considered.of(tokens, counts))
          .as("of %s", Arrays.toString(counts))
          .containsExactly(ofTheStudy(tokens, counts));
    }
  }

  /** Sorts, cuts at .99, and counts the sums that are at most .90. */
  private static Integer[] ofTheStudy(int[] tokens, long[] counts) {
    List<Integer> sorted = new ArrayList<>(Arrays.stream(tokens).boxed().toList());
    sorted.sort(Comparator.comparing((Integer token) -> -counts[token]));
    BigDecimal total = BigDecimal.valueOf(Arrays.stream(counts).sum());
    int listed = atMost(sorted, counts, total, CUT) + 1;
    List<Integer> list = sorted.subList(0, Math.min(listed, sorted.size()));
    int n = atMost(list, counts, total, MOST) + 1;
    return list.subList(0, n).toArray(Integer[]::new);
  }

  private static int atMost(
      List<Integer> tokens, long[] counts, BigDecimal total, BigDecimal most) {
    long sum = 0;
    int sums = 0;
    for (int token : tokens) {
      sum += counts[token];
      // The limits have two decimal places, so a quotient that is one of them is not rounded.
      BigDecimal covered = BigDecimal.valueOf(sum).divide(total, MathContext.DECIMAL128);
      sums += covered.compareTo(most) <= 0 ? 1 : 0;
    }

    return sums;
  }
}
