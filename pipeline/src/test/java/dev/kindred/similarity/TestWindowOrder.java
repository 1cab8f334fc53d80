/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.similarity;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class TestWindowOrder {

  @Test
  void everyPointHasOnePlace() {
    Random random = new Random(71);
    for (int dimensions : new int[] {1, 2, 12}) {
      for (int count : new int[] {0, 1, 7, 8, 9, 64, 1000}) {
        assertPermutation(points(random, count * dimensions, 1e9f), count, dimensions);
        assertPermutation(points(random, count * dimensions, 2), count, dimensions);
        assertPermutation(new float[count * dimensions], count, dimensions);
        float[] someMissing = points(random, count * dimensions, 5);
        for (int i = 0; i < someMissing.length; i += 3) {
          someMissing[i] = i % 2 == 0 ? Float.NaN : Float.POSITIVE_INFINITY;
        }

        assertPermutation(someMissing, count, dimensions);
      }
    }
  }

  private static void assertPermutation(float[] points, int count, int dimensions) {
    assertThat(Arrays.stream(WindowOrder.of(points, count, dimensions)).sorted().toArray())
        .isEqualTo(IntStream.range(0, count).toArray());
  }

  @Test
  void eachHalfOfTheOrderIsOnOneSide() {
    Random random = new Random(72);
    float[] points = points(random, 500, 1000);
    int[] order = WindowOrder.of(points, 500, 1);
    assertThat(Arrays.stream(order, 0, 250).mapToDouble(i -> points[i]).max().orElseThrow())
        .isLessThanOrEqualTo(
            Arrays.stream(order, 250, 500).mapToDouble(i -> points[i]).min().orElseThrow());
  }

  @Test
  void groupsThatLieApartFollowEachOther() {
    Random random = new Random(73);
    int groups = 8;
    float[] points = new float[groups * 128 * 3];
    for (int i = 0; i < groups * 128; i++) {
      int group = i % groups;
      for (int k = 0; k < 3; k++) {
        points[i * 3 + k] = 100 * (group >> k & 1) + random.nextFloat();
      }
    }

    int[] order = WindowOrder.of(points, groups * 128, 3);
    for (int first = 0; first < order.length; first += 128) {
      Set<Integer> found = new HashSet<>();
      Arrays.stream(order, first, first + 128).forEach(i -> found.add(i % groups));
      assertThat(found).as("groups in places from %d on", first).hasSize(1);
    }
  }

  private static float[] points(Random random, int length, float size) {
    float[] points = new float[length];
    for (int i = 0; i < length; i++) {
      points[i] = Math.round(random.nextFloat() * size);
    }

    return points;
  }
}
