/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model.cpu;

import dev.kindred.kernel.TileKernel;
import dev.kindred.model.architecture.Mixer;
import dev.kindred.model.architecture.Tensors;

/** Weights between positions: see {@link Mixer.Triangle}. R and C are its rows and columns. */
final class CpuTriangle {
  private final Mixer.Triangle triangle;
  private final int width; // W
  private final int heads; // at least 1
  private final float[] weight; // [heads, R length, C length]
  private final float[] bias; // [heads, R length]

  CpuTriangle(Mixer.Triangle triangle, int width, Tensors tensors) {
    this.triangle = triangle;
    this.width = width;
    this.heads = Math.max(1, triangle.heads());
    this.weight = tensors.floats(triangle.weight());
    this.bias = tensors.floats(triangle.bias());
  }

  /** Returns the vectors that each position has, C. */
  int columns() {
    return triangle.columns();
  }

  /** Returns the numbers that each position gets, R W. */
  int outputs() {
    return triangle.rows() * width;
  }

  /** Where the path to a node is, and room for what is read of it. */
  static final class Path {
    private final int[] starts; // of the vectors of each node
    private final int[] positions;
    private final int[] columnStarts; // of each vector
    private final float[] weights; // of each vector
    private int length;

    /**
     * Room for paths.
     *
     * @param length of the longest
     * @param columns vectors of a node, at most
     */
    Path(int length, int columns) {
      this.starts = new int[length];
      this.positions = new int[length];
      this.columnStarts = new int[length * columns];
      this.weights = new float[length * columns];
    }

    /** Begins another path. */
    void clear() {
      length = 0;
    }

    /** Adds the node before those that are there; the first is that which mixes. */
    void add(int start, int position) {
      starts[length] = start;
      positions[length++] = position;
    }
  }

  /**
   * Mixes for the first node of a path.
   *
   * @param kept C x W floats of each node, from where the path says
   * @param y receives R x W floats, from its beginning on
   */
  void apply(TileKernel kernel, float[] kept, Path path, float[] y) {
    int columns = triangle.columns();
    int rows = triangle.rows();
    int share = width / heads;
    int rowLength = columns * triangle.length();
    for (int j = 0; j < path.length; j++) {
      for (int c = 0; c < columns; c++) {
        path.columnStarts[j * columns + c] = path.starts[j] + c * width;
      }
    }

    for (int head = 0; head < heads; head++) {
      for (int r = 0; r < rows; r++) {
        int row = (head * triangle.length() + path.positions[0]) * rows + r;
        for (int j = 0; j < path.length; j++) {
          int from = row * rowLength + path.positions[j] * columns;
          for (int c = 0; c < columns; c++) {
            path.weights[j * columns + c] = weight[from + c];
          }
        }

        int to = r * width + head * share;
        kernel.weightedSum(
            kept,
            path.columnStarts,
            head * share,
            path.length * columns,
            path.weights,
            0,
            y,
            to,
            share);
        for (int i = to; i < to + share; i++) {
          y[i] += bias[row];
        }
      }
    }

    if (triangle.activation() != null) {
      CpuActivation.apply(triangle.activation(), y, outputs());
    }
  }
}
