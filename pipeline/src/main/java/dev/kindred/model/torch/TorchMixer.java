/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model.torch;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;

/**
 * The part of a block that brings what is at earlier positions to later ones, over sequences and
 * over trees of them.
 *
 * <p>Letters in shapes: B = sequences, T = tokens in each, D = {@code d_model}, W = width of what
 * is mixed, K = width of what a position keeps for later ones.
 */
abstract class TorchMixer {
  /** Nodes of a tree that are mixed at once: what they see stays in cache. */
  static final int ROWS_AT_ONCE = 128;

  /**
   * What positions keep for later ones.
   *
   * @param keys [B, T, ..]: what is compared, or what makes values of later positions; null where
   *     neither is
   * @param values [B, T, ..]
   */
  record Kept(NDArray keys, NDArray values) {

    /** The same with more positions after these. */
    Kept then(Kept next) {
      return new Kept(
          keys == null ? null : keys.concat(next.keys, 1), values.concat(next.values, 1));
    }

    /** Lets them outlive the scope that they were made in. */
    Kept unscoped() {
      NDScope.unregister(values);
      if (keys != null) {
        NDScope.unregister(keys);
      }

      return this;
    }

    /** Frees them before their time. */
    void close() {
      values.close();
      if (keys != null) {
        keys.close();
      }
    }
  }

  /**
   * Mixes for the last Q positions of T: for all, Q = T, or for the last alone, Q = 1.
   *
   * @param asking [B, Q, D]
   * @param seen [B, T, D]
   * @param dropout of attention weights
   * @return [B, Q, D]
   */
  abstract NDArray apply(NDArray asking, NDArray seen, Dropout dropout, Tap tap);

  /**
   * What the first positions of sequences keep.
   *
   * @param seen [B, T, D]
   */
  abstract Kept kept(NDArray seen);

  /**
   * What one more position keeps, with those before it.
   *
   * @param earlier what these keep
   * @param last [B, 1, D]
   */
  abstract Kept then(Kept earlier, NDArray last);

  /**
   * Mixes for the last position.
   *
   * @param last [B, 1, D]
   * @param all what it and the positions before it keep
   * @return [B, 1, D]
   */
  abstract NDArray applyLast(NDArray last, Kept all);

  /** What positions get that are the first and see only themselves, [B, 1, D]. */
  abstract NDArray applyAlone(NDArray x);

  /**
   * What nodes of a tree keep, by row.
   *
   * @param normed [rows, D]
   * @param positions of the rows
   * @return [rows, ..]
   */
  abstract Kept kept(NDArray normed, int[] positions);

  /**
   * What nodes of a tree ask by; null where nothing is compared.
   *
   * @param normed [rows, D]
   * @param positions of the rows
   */
  abstract NDArray queries(NDArray normed, int[] positions);

  /** Returns W, the width of what is mixed. */
  abstract int width();

  /**
   * Mixes for nodes of one depth of a tree.
   *
   * @param paths rows of {@code kept} on the way to each node, itself included, [Q, L]
   * @param positions of the tokens on the way, L, ascending
   * @param queries of the nodes, [Q, ..]
   * @param mixed receives the result, [Q, W]
   */
  void mix(NDArray paths, int[] positions, NDArray queries, Kept kept, NDArray mixed) {
    inParts(
        paths,
        mixed,
        (part, start, end) ->
            mixed(part, positions, queries == null ? null : Rows.slice(queries, start, end), kept));
  }

  /** Returns the numbers a node of what {@link #spread} makes; 0 where it need not be called. */
  int spreadWidth() {
    return 0;
  }

  /**
   * Makes what nodes of one depth of a tree keep of what those on the way to them keep, in the
   * place of it.
   *
   * @param paths rows of {@code kept} on the way to each node, itself included, [Q, L]
   * @param positions of the tokens on the way, L, ascending
   * @param spread receives the result, [Q, spread width]
   */
  void spread(NDArray paths, int[] positions, Kept kept, NDArray spread) {
    inParts(paths, spread, (part, start, end) -> spread(part, positions, kept));
  }

  /** The same of a few nodes, [Q, spread width]. */
  NDArray spread(NDArray paths, int[] positions, Kept kept) {
    throw new UnsupportedOperationException("nothing is spread");
  }

  /** What is made of a few nodes' paths. */
  @FunctionalInterface
  private interface OfPaths {
    NDArray of(NDArray paths, int start, int end);
  }

  private static void inParts(NDArray paths, NDArray results, OfPaths work) {
    int nodes = (int) paths.getShape().get(0);
    for (int start = 0; start < nodes; start += ROWS_AT_ONCE) {
      int end = Math.min(start + ROWS_AT_ONCE, nodes);
      try (NDScope scope = new NDScope()) {
        scope.suppressNotUsedWarning();
        results.set(
            new NDIndex().addSliceDim(start, end),
            work.of(Rows.slice(paths, start, end), start, end));
      }
    }
  }

  /** The result of a few nodes, [Q, W]. */
  abstract NDArray mixed(NDArray paths, int[] positions, NDArray queries, Kept kept);

  /** What comes after mixing, [rows, W] to [rows, D]. */
  abstract NDArray output(NDArray mixed);

  /** Minus infinity where a position does not see another, else 0, [T, T]. */
  static NDArray mask(NDManager manager, boolean[][] sees) {
    return matrix(manager, sees, 0, Float.NEGATIVE_INFINITY);
  }

  /** One number where a position sees another, and one where it does not. */
  static NDArray matrix(NDManager manager, boolean[][] sees, float seen, float unseen) {
    int columns = sees[0].length;
    float[] matrix = new float[sees.length * columns];
    for (int i = 0; i < matrix.length; i++) {
      matrix[i] = sees[i / columns][i % columns] ? seen : unseen;
    }

    return manager.create(matrix, new Shape(sees.length, columns));
  }

  /** Whether each of the last Q of T positions sees each position: up to itself, in a window. */
  static boolean[][] causal(int queries, int length, int window) {
    boolean[][] sees = new boolean[queries][length];
    for (int i = 0; i < queries; i++) {
      int position = length - queries + i;
      for (int j = Math.max(0, position - window + 1); j <= position; j++) {
        sees[i][j] = true;
      }
    }

    return sees;
  }
}
