/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.similarity;

/**
 * An order in which close points follow each other: the leaves of a k-d tree, each node split at
 * the median of the coordinate that varies most.
 *
 * <p>What a join finds does not depend on the order of windows. But windows that are close share
 * the prompts that they are similar to, so that a batch of them needs only those prompts' evidence.
 */
final class WindowOrder {
  private static final int LEAF = 8;

  private final float[] points;
  private final int dimensions;
  private final int[] order;

  private WindowOrder(float[] points, int dimensions, int count) {
    this.points = points;
    this.dimensions = dimensions;
    this.order = new int[count];
    for (int i = 0; i < count; i++) {
      order[i] = i;
    }
  }

  /**
   * Orders points.
   *
   * @param points count rows of {@code dimensions} floats
   * @return a permutation of 0 to count - 1
   */
  static int[] of(float[] points, int count, int dimensions) {
    WindowOrder tree = new WindowOrder(points, dimensions, count);
    tree.split(0, count);
    return tree.order;
  }

  private void split(int from, int to) {
    if (to - from <= LEAF) {
      return;
    }

    int middle = (from + to) >>> 1;
    select(from, to - 1, middle, mostVaried(from, to));
    split(from, middle);
    split(middle, to);
  }

  private int mostVaried(int from, int to) {
    double[] sums = new double[dimensions];
    double[] squares = new double[dimensions];
    for (int i = from; i < to; i++) {
      int point = order[i] * dimensions;
      for (int k = 0; k < dimensions; k++) {
        double value = points[point + k];
        sums[k] += value;
        squares[k] += value * value;
      }
    }

    int most = 0;
    double greatest = -1;
    for (int k = 0; k < dimensions; k++) {
      double variance = squares[k] - sums[k] * sums[k] / (to - from);
      if (variance > greatest) {
        greatest = variance;
        most = k;
      }
    }

    return most;
  }

  /** Quickselect: what is before the place is not greater than what is there, after it not less. */
  private void select(int from, int to, int place, int dimension) {
    int low = from;
    int high = to;
    while (low < high) {
      float pivot = value((low + high) >>> 1, dimension);
      int i = low;
      int j = high;
      while (i <= j) {
        while (value(i, dimension) < pivot) {
          i++;
        }

        while (value(j, dimension) > pivot) {
          j--;
        }

        if (i <= j) {
          int swapped = order[i];
          order[i] = order[j];
          order[j] = swapped;
          i++;
          j--;
        }
      }

      if (place <= j) {
        high = j;
      } else if (place >= i) {
        low = i;
      } else {
        return;
      }
    }
  }

  private float value(int i, int dimension) {
    return points[order[i] * dimensions + dimension];
  }
}
