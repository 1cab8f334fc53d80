/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model.torch;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.kindred.model.architecture.Mixer;
import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * Weights between positions: see {@link Mixer.Triangle}. What is stored above the triangle is never
 * used, and gets no gradient.
 *
 * <p>Letters in shapes are those of {@link TorchMixer}; H = heads, at least 1, R = rows and C =
 * columns a position, L = positions that are read.
 */
final class TorchTriangle {
  private final Mixer.Triangle triangle;
  private final int heads;
  private final NDArray weight; // [H R length, C length]
  private final NDArray bias; // [H R length, 1]

  TorchTriangle(Mixer.Triangle triangle, TorchWeights weights) {
    this.triangle = triangle;
    this.heads = Math.max(1, triangle.heads());
    long rows = (long) heads * triangle.rows() * triangle.length();
    this.weight =
        weights
            .array(triangle.weight())
            .reshape(rows, (long) triangle.columns() * triangle.length());
    this.bias = weights.array(triangle.bias()).reshape(rows, 1);
  }

  /**
   * Mixes for the last Q of the first L positions.
   *
   * @param x [B, L, C W]
   * @param sees whether each of the Q positions sees each of the L, in the triangle
   * @return [B, Q, R W]
   */
  NDArray apply(NDArray x, boolean[][] sees) {
    int queries = sees.length;
    int length = (int) x.getShape().get(1);
    NDManager manager = x.getManager();
    int[] rows = rows(IntStream.range(length - queries, length).toArray());
    NDArray all = Rows.copies(weight, manager.create(rows)); // [H R Q, C length]
    NDArray some = Rows.positions(all, 0, (long) triangle.columns() * length);
    NDArray seen = some.reshape(heads, queries, triangle.rows(), length, triangle.columns());
    NDArray mask = // [1, Q, 1, L, 1]
        TorchMixer.matrix(manager, inTriangle(sees, length), 1, 0)
            .reshape(1, queries, 1, length, 1);
    return product(seen.mul(mask), rows, x);
  }

  private static boolean[][] inTriangle(boolean[][] sees, int length) {
    boolean[][] causal = TorchMixer.causal(sees.length, length, Integer.MAX_VALUE);
    for (int query = 0; query < sees.length; query++) {
      for (int position = 0; position < length; position++) {
        causal[query][position] &= sees[query][position];
      }
    }

    return causal;
  }

  /**
   * Mixes for the ends of paths.
   *
   * @param x of the nodes on them, [B, L, C W]
   * @param positions of these nodes, L, ascending
   * @return [B, R W]
   */
  NDArray ofPaths(NDArray x, int[] positions) {
    int length = positions.length;
    NDManager manager = x.getManager();
    int[] rows = rows(positions[length - 1]);
    NDArray all = Rows.copies(weight, manager.create(rows)); // [H R, C length]
    int columns = triangle.columns();
    int[] seen =
        IntStream.of(positions)
            .flatMap(position -> IntStream.range(position * columns, (position + 1) * columns))
            .toArray();
    NDArray some = Rows.copies(all.transpose(), manager.create(seen)).transpose();
    return product(some.reshape(heads, 1, triangle.rows(), length, columns), rows, x)
        .reshape(x.getShape().get(0), -1);
  }

  /** The rows of the stored matrix that positions have, head by head. */
  private int[] rows(int... positions) {
    int ofPosition = triangle.rows();
    return IntStream.range(0, heads)
        .flatMap(
            head ->
                Arrays.stream(positions)
                    .map(position -> (head * triangle.length() + position) * ofPosition)
                    .flatMap(first -> IntStream.range(first, first + ofPosition)))
        .toArray();
  }

  /**
   * What is mixed by weights.
   *
   * @param seen [H, Q, R, L, C]
   * @param rows of the stored matrix that these are
   * @param x [B, L, C W]
   * @return [B, Q, R W]
   */
  private NDArray product(NDArray seen, int[] rows, NDArray x) {
    Shape shape = x.getShape();
    long sequences = shape.get(0);
    long columns = shape.get(1) * triangle.columns();
    long width = shape.get(2) / triangle.columns();
    long queries = seen.getShape().get(1);
    long rowsOfHead = queries * triangle.rows();
    NDArray added = Rows.copies(bias, x.getManager().create(rows)); // [H R Q, 1]
    NDArray mixed;
    if (heads == 1) {
      mixed =
          seen.reshape(rowsOfHead, columns)
              .matMul(x.reshape(sequences, columns, width))
              .addi(added);
    } else {
      long share = width / heads;
      mixed = // [B, H, R Q, W / H]
          seen.reshape(1, heads, rowsOfHead, columns)
              .matMul(x.reshape(sequences, columns, heads, share).transpose(0, 2, 1, 3))
              .addi(added.reshape(heads, rowsOfHead, 1))
              .transpose(0, 2, 1, 3);
    }

    NDArray ofPositions = mixed.reshape(sequences, queries, triangle.rows() * width);
    return triangle.activation() == null
        ? ofPositions
        : TorchActivation.apply(triangle.activation(), ofPositions);
  }
}
