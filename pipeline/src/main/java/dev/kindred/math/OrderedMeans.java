/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.math;

import java.util.Arrays;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;

/**
 * Means over items, by all threads. Sums are in the order of items, so that they are the same
 * whatever the number of threads.
 */
public final class OrderedMeans {
  private static final int CHUNK = 64; // items whose numbers are summed one by one

  private OrderedMeans() {}

  /** The mean of a number of each item. */
  public static <T> double of(List<T> items, ToDoubleFunction<T> number) {
    return Arrays.stream(
                IntStream.range(0, items.size())
                    .parallel()
                    .mapToDouble(i -> number.applyAsDouble(items.get(i)))
                    .toArray())
            .sum()
        / items.size();
  }

  /**
   * The means of several numbers of each item.
   *
   * @param size how many numbers
   * @param addTo adds those of an item to sums
   */
  public static <T> double[] of(List<T> items, int size, BiConsumer<T, double[]> addTo) {
    double[][] chunks =
        IntStream.range(0, (items.size() + CHUNK - 1) / CHUNK)
            .parallel()
            .mapToObj(
                chunk -> {
                  double[] sum = new double[size];
                  items
                      .subList(chunk * CHUNK, Math.min(items.size(), (chunk + 1) * CHUNK))
                      .forEach(item -> addTo.accept(item, sum));
                  return sum;
                })
            .toArray(double[][]::new);
    double[] means = new double[size];
    for (double[] chunk : chunks) {
      for (int i = 0; i < size; i++) {
        means[i] += chunk[i] / items.size();
      }
    }

    return means;
  }
}
